// SPDX-License-Identifier: MIT
#include "rankpool/batch/batch_script.hpp"

#include "rankpool/batch/batch_script_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace rankpool::batch {
namespace {

/// Before this line of the script all is comments, which sbatch reads; after it all is the shell's.
constexpr std::string_view border = "# What the cluster needs before programs run";

bool is_plain(std::string const& word) {
    constexpr std::string_view signs = "_-+=:,./@%^~";
    if (word.empty() || word[0] == '~') return false;
    for (char const c : word) {
        bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_letter && signs.find(c) == std::string_view::npos) return false;
    }
    return true;
}

/// sbatch takes a backslash as the shell does.
std::string quoted_for_sbatch(std::string const& word) {
    if (is_plain(word)) return word;
    std::string text = "\"";
    for (char const c : word) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

}  // namespace

std::string quoted_for_shell(std::string const& word) {
    if (is_plain(word)) return word;
    std::string text = "'";
    for (char const c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + '\'';
}

std::string batch_script(BatchJob const& job) {
    std::string const text{batch_script_text()};
    std::string mine = fmt::format("# {}\n", job.title);
    if (!job.options.empty()) {
        mine += "#SBATCH";
        for (auto const& option : job.options) mine += ' ' + quoted_for_sbatch(option);
        mine += '\n';
    }
    mine += "set --";
    for (auto const& word : job.words) mine += ' ' + quoted_for_shell(word);
    mine += fmt::format("\nRANKPOOL={}\n", quoted_for_shell(job.program));
    if (!job.run_dir.empty()) {
        // A folder for each job of an array.
        mine += fmt::format("RUN_DIR={}${{SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}}\n",
                            quoted_for_shell(job.run_dir));
    }
    if (!job.launcher.empty()) mine += fmt::format("LAUNCHER={}\n", job.launcher);
    auto const place = text.find(border);
    return text.substr(0, place) + mine + '\n' + text.substr(place);
}

}  // namespace rankpool::batch
