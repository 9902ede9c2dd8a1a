// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_script.hpp"

#include "rankpool/batch/launch/batch_script_text.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace rankpool::batch {
namespace {

/// Before this line of the script all is comments, which sbatch reads; after it all is the shell's.
constexpr std::string_view border = "# What the cluster needs before programs run";

/// Neither shells nor sbatch see more in it than its letters. No ~ and no :, which an assignment expands.
bool is_plain(std::string const& word) {
    constexpr std::string_view signs = "_-+=,./@%^";
    if (word.empty()) return false;
    for (char const c : word) {
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && signs.find(c) == std::string_view::npos) return false;
    }
    return true;
}

std::string in_quotes(std::string const& word) {
    std::string text = "'";
    for (char const c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + '\'';
}

/// Bash's $'...', for what does not show itself.
std::string escaped(std::string_view word) {
    std::string text = "$'";
    while (!word.empty()) {
        auto const size = std::max<std::size_t>(first_character(word).size, 1);
        auto const character = word.substr(0, size);
        word.remove_prefix(size);
        if (character == "'" || character == "\\") {
            text += "\\";
            text += character;
        } else if (printable(character) == character) {
            text += character;
        } else {
            for (char const c : character) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    return text + '\'';
}

/// sbatch takes a backslash before anything, within quotes as well.
std::string quoted_for_sbatch(std::string const& word) {
    if (is_plain(word)) return word;
    std::string text = "\"";
    for (char const c : word) {
        if (c == '"' || c == '\\' || c == '#' || c == '\'') text += '\\';
        text += c;
    }
    return text + '"';
}

/// A value as it is assigned, which a shell expands in places where it does not expand words.
std::string assigned(std::string const& value) {
    return printable(value) == value ? in_quotes(value) : escaped(value);
}

}  // namespace

std::string quoted_for_shell(std::string const& word) {
    if (is_plain(word)) return word;
    return printable(word) == word ? in_quotes(word) : escaped(word);
}

std::optional<std::string> as_output_pattern(std::string const& path) {
    // A backslash means that nothing is filled in, and goes.
    if (path.find('\\') != std::string::npos) return std::nullopt;
    std::string pattern;
    for (char const c : path) pattern += c == '%' ? std::string{"%%"} : std::string{c};
    return pattern;
}

std::string batch_script(BatchJob const& job) {
    std::string text{batch_script_text()};
    constexpr std::string_view name = "--job-name=rankpool";
    if (auto const at = text.find(name); at != std::string::npos)
        text.replace(at, name.size(), "--job-name=" + job.name);
    std::string mine;
    if (!job.options.empty()) {
        mine += "#SBATCH";
        for (auto const& option : job.options) mine += ' ' + quoted_for_sbatch(option);
        mine += '\n';
    }
    mine += "# Written by:";
    for (auto const& word : job.typed) mine += ' ' + quoted_for_shell(word);
    mine += "\nset --";
    for (auto const& word : job.words) mine += ' ' + quoted_for_shell(word);
    mine += fmt::format("\nRANKPOOL={}\n", assigned(job.program));
    if (!job.run_dir.empty()) {
        // A folder for each job of an array.
        mine +=
            fmt::format("RUN_DIR={}${{SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}}\n", assigned(job.run_dir));
    }
    if (!job.launcher.empty()) mine += fmt::format("LAUNCHER={}\n", job.launcher);
    auto const place = text.find(border);
    return text.substr(0, place) + mine + '\n' + text.substr(place);
}

}  // namespace rankpool::batch
