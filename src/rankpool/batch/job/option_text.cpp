// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/option_text.hpp"

#include "rankpool/batch/columns/word_list.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/job/config_file.hpp"
#include "rankpool/batch/rows/text_file.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/core/printable.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace rankpool::batch {
namespace {

/// They say what is done with a run, not what it is.
constexpr std::array not_repeated{"--run-dir",     "--resume", "--force-resume", "--dry-run",
                                  "--dump-config", "--config", "--help",         "--help-all"};

/// Before a word that is taken as it is; nobody types it.
constexpr std::string_view plain_mark = "\x1f\x1f";

bool is_wanted(CLI::Option const& option, Which which) {
    auto const name = option.get_name();
    if (std::ranges::find(not_repeated, name) != not_repeated.end()) return false;
    auto const& group = option.get_group();
    switch (which) {
        case Which::job:
            if (group == command_group && option.count() == 0) return false;
            return group != run_group && group != resource_group && group != output_group &&
                   group != input_group && group != hidden_group;
        case Which::run:
            return group == run_group || group == resource_group;
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
    bool const are_words = option.get_group() == command_group && option.count() > 1;
    if (option.get_positional() || are_words) return text_of_words(option.results());
    return fmt::format("{}", fmt::join(option.results(), ","));
}

/// As a file has it; without a name where there is nothing to write.
ConfigItem item_of(CLI::Option const& option) {
    // One that help hides tells its name in another way.
    bool const is_hidden = option.get_group() == hidden_group && !option.get_lnames().empty();
    std::string const name = is_hidden ? "--" + option.get_lnames().front() : option.get_name();
    if (option.get_group() == command_group && option.count() == 0) return {};
    if (option.get_positional()) {
        if (option.count() == 0) return {};
        return {option.get_name(true), option.results(), true};
    }
    // More values than one that are typed one by one.
    bool const is_list = option.get_items_expected_max() > 1 && option.get_delimiter() == '\0';
    bool const is_one = !option.get_allow_extra_args() && option.count() == 1;
    if (is_list && !is_one && option.count() > 0) return {name.substr(2), option.results(), true};
    std::string value = value_of(option);
    // The default of several values is written [a,b], which cannot be typed.
    bool const is_default_list = option.count() == 0 && option.get_items_expected_max() > 1 &&
                                 value.starts_with('[') && value.ends_with(']');
    if (is_default_list) value = value.substr(1, value.size() - 2);
    if (is_default_list && is_list && !value.empty()) {
        return {name.substr(2), CLI::detail::split(value, ','), true};
    }
    if (value.empty() || !name.starts_with("--")) return {};
    return {name.substr(2), {value}, false};
}

/// Takes `--config FILE` or `--config=FILE` out of the words.
std::string take_config(std::vector<std::string>& words) {
    std::string file;
    auto const border = std::ranges::find(words, "--");
    std::vector<std::string> kept;
    for (auto word = words.begin(); word != words.end(); ++word) {
        bool const has_value = word->starts_with("--config=");
        if (word >= border || (!has_value && (*word != "--config" || std::next(word) == border))) {
            kept.push_back(*word);
            continue;
        }
        if (!file.empty()) throw InputError("cannot read two files of options (--config is given twice)");
        file = has_value ? word->substr(std::string{"--config="}.size()) : *++word;
        if (file.empty()) throw InputError("cannot read a file without a name (--config)");
    }
    words = std::move(kept);
    return file;
}

bool is_given(std::vector<std::string> const& words, std::string const& name) {
    return std::ranges::any_of(words, [&](std::string const& word) {
        return word == name || word.starts_with(name + "=") || word == "--no-" + name.substr(2);
    });
}

std::vector<ConfigItem> items_in(std::string const& file) {
    TextFile in{file, Content::text};
    return read_config(in.stream(), file);
}

CLI::Option const* option_named(CLI::App const* command, std::string const& name) {
    return command ? command->get_option_no_throw("--" + name) : nullptr;
}

bool takes_values(CLI::Option const* option) {
    return option && option->get_items_expected_max() > 0;
}

/// The item as it would be typed. A name that is no option's is left for the parser to complain of.
std::vector<std::string> typed(ConfigItem const& item, CLI::Option const* option) {
    std::string const mark{takes_values(option) ? plain_mark : ""};
    std::string const start = "--" + item.name + "=" + mark;
    if (!item.is_list) return {start + item.values.front()};
    if (option && option->get_delimiter() != '\0') {
        return {start + fmt::format("{}", fmt::join(item.values, std::string{option->get_delimiter()}))};
    }
    std::vector<std::string> words;
    bool const come_together = option && option->get_type_size_max() > 1;
    for (auto const& value : item.values) {
        words.push_back((come_together && !words.empty() ? mark : start) + value);
    }
    return words;
}

std::string take_back_plain_word(std::string& word) {
    if (word.starts_with(plain_mark)) word.erase(0, plain_mark.size());
    return {};
}

constexpr std::string_view seed_comment = "# seed, by which --resume finds runs: ";

bool is_list_mark(std::string const& word) {
    return word == ":::" || word == ":::+" || word == "::::" || word == "::::+";
}

}  // namespace

Options options_in_force(CLI::App const& command, Which which) {
    Options options;
    for (auto const* option : command.get_options()) {
        if (is_wanted(*option, which)) options.emplace_back(option->get_name(), value_of(*option));
    }
    return options;
}

std::vector<std::string> as_plain_words(std::vector<std::string> words) {
    auto const border = std::ranges::find(words, "--");
    if (border == words.end()) return words;
    auto const lists = std::find_if(border, words.end(), is_list_mark);
    std::vector<std::string> plain(words.begin(), border);
    for (auto word = lists; word != words.end(); ++word) {
        plain.push_back("--lists=" + std::string{plain_mark} + *word);
    }
    // Without a command there is nothing after it.
    if (std::next(border) != lists) plain.push_back(*border);
    for (auto word = std::next(border); word < lists; ++word)
        plain.push_back(std::string{plain_mark} + *word);
    return plain;
}

std::vector<std::string> with_empty_values(std::vector<std::string> words, CLI::App const* command) {
    for (auto& word : words) {
        if (word == "--") break;
        if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
        if (takes_values(option_named(command, word.substr(2, word.size() - 3)))) word += plain_mark;
    }
    return words;
}

void take_back_plain_words(CLI::App& command) {
    // Before all other transforms and checks.
    for (auto* option : command.get_options()) option->transform(CLI::Validator{take_back_plain_word, ""});
}

bool is_plain_word(std::string const& word) {
    return word.starts_with(plain_mark);
}

std::string without_plain_marks(std::string text) {
    for (auto at = text.find(plain_mark); at != std::string::npos; at = text.find(plain_mark, at)) {
        text.erase(at, plain_mark.size());
    }
    return text;
}

std::string as_toml(std::string const& title, std::uint64_t seed, CLI::App const& command) {
    std::string text = "# " + printable(title) + "\n" + seed_comment.data() + std::to_string(seed) + "\n";
    for (auto const* option : command.get_options()) {
        if (!is_wanted(*option, Which::all)) continue;
        if (auto const item = item_of(*option); !item.name.empty()) text += config_line(item);
    }
    return text;
}

std::uint64_t seed_in(std::string const& toml) {
    auto const place = toml.find(seed_comment);
    if (place == std::string::npos) return 0;
    auto const begin = place + seed_comment.size();
    return parse_number<std::uint64_t>(toml.substr(begin, toml.find('\n', begin) - begin)).value_or(0);
}

std::vector<std::string> with_config(std::vector<std::string> words, CLI::App const* command) {
    std::string const file = take_config(words);
    if (file.empty()) return words;
    auto const border = std::ranges::find(words, "--");
    std::vector<std::string> result(words.begin(), border);
    std::vector<std::string> rest(border, words.end());
    for (auto const& item : items_in(file)) {
        auto const* const positional = command ? command->get_option_no_throw(item.name) : nullptr;
        if (item.is_list && positional && positional->get_positional()) {
            if (!rest.empty()) continue;
            rest = item.values;
            rest.insert(rest.begin(), "--");
        } else if (!is_given(words, "--" + item.name)) {
            auto const more = typed(item, option_named(command, item.name));
            result.insert(result.end(), more.begin(), more.end());
        }
    }
    result.insert(result.end(), rest.begin(), rest.end());
    return result;
}

}  // namespace rankpool::batch
