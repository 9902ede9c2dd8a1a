// SPDX-License-Identifier: MIT
#include "rankpool/batch/option_text.hpp"

#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/text_file.hpp"
#include "rankpool/batch/word_list.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rankpool::batch {
namespace {

/// They say what is done with a run, not what it is.
constexpr std::array not_repeated{"--run-dir",     "--resume", "--force-resume", "--dry-run",
                                  "--dump-config", "--config", "--help",         "--help-all"};

bool is_wanted(CLI::Option const& option, Which which) {
    auto const name = option.get_name();
    if (std::ranges::find(not_repeated, name) != not_repeated.end()) return false;
    auto const& group = option.get_group();
    switch (which) {
        case Which::job:
            return group != run_group && group != output_group && group != input_group;
        case Which::run:
            return group == run_group;
        case Which::all:
            break;
    }
    return true;
}

std::string value_of(CLI::Option const& option) {
    if (option.count() == 0) {
        bool const is_flag = option.get_items_expected_max() == 0;
        return is_flag && option.get_default_str().empty() ? "false" : option.get_default_str();
    }
    if (option.get_positional()) return text_of_words(option.results());
    return fmt::format("{}", fmt::join(option.results(), ","));
}

/// Takes `--config FILE` or `--config=FILE` out of the words.
std::string take_config(std::vector<std::string>& words) {
    auto const end = std::ranges::find(words, "--");
    for (auto word = words.begin(); word != end; ++word) {
        if (word->starts_with("--config=")) {
            std::string file = word->substr(9);
            words.erase(word);
            return file;
        }
        if (*word == "--config" && word + 1 != end) {
            std::string file = *(word + 1);
            words.erase(word, word + 2);
            return file;
        }
    }
    return {};
}

bool is_given(std::vector<std::string> const& words, std::string const& name) {
    return std::ranges::any_of(words, [&](std::string const& word) {
        return word == name || word.starts_with(name + "=") || word == "--no-" + name.substr(2);
    });
}

std::vector<std::string> words_in(std::string const& file) {
    TextFile in{file, Content::lines};
    return words_of_config(in.stream(), file);
}

}  // namespace

Options options_in_force(CLI::App const& command, Which which) {
    Options options;
    for (auto const* option : command.get_options()) {
        if (is_wanted(*option, which)) options.emplace_back(option->get_name(), value_of(*option));
    }
    return options;
}

std::string as_toml(std::string const& title, Options const& options) {
    std::string text = "# " + title + "\n";
    for (auto const& [name, value] : options) {
        if (value.empty() || !name.starts_with("--")) continue;
        // TOML's texts are written as JSON's.
        text += fmt::format("{} = {}\n", name.substr(2), nlohmann::json(value).dump());
    }
    return text;
}

std::vector<std::string> words_of_config(std::istream& in, std::string const& file) {
    std::vector<std::string> words;
    try {
        for (auto const& item : CLI::ConfigTOML{}.from_config(in)) {
            // Sections begin and end with items of these names.
            if (item.name == "++" || item.name == "--") continue;
            words.push_back(fmt::format("--{}={}", item.name, fmt::join(item.inputs, ",")));
        }
    } catch (InputError const&) {
        throw;
    } catch (std::exception const& error) {
        throw InputError("cannot read " + file + " as TOML (" + error.what() +
                         "). Was it made by --dump-config?");
    }
    return words;
}

std::vector<std::string> with_config(std::vector<std::string> words) {
    std::string const file = take_config(words);
    if (file.empty()) return words;
    auto const end = std::ranges::find(words, "--");
    std::vector<std::string> result(words.begin(), end);
    for (auto const& word : words_in(file)) {
        if (!is_given(words, word.substr(0, word.find('=')))) result.push_back(word);
    }
    result.insert(result.end(), end, words.end());
    return result;
}

}  // namespace rankpool::batch
