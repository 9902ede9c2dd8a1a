// SPDX-License-Identifier: MIT
#include "rankpool/batch/run_record.hpp"

#include "rankpool/batch/word_list.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace rankpool::batch {
namespace {

constexpr std::array own_names{"task", "outcome", "error", "attempts"};

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return text;
}

std::string const* value_in(Options const& options, std::string const& name) {
    auto const found = std::ranges::find(options, name, &Options::value_type::first);
    return found == options.end() ? nullptr : &found->second;
}

/// A list of words may have been stored by a version that wrote blanks between them.
bool is_same(std::string const* there, std::string const* now) {
    if (!there || !now) return false;
    return *there == *now || (now->starts_with('[') && text_of_joined_words(*there) == *now);
}

std::string shown(std::string const* value) {
    if (!value) return "not there";
    return value->starts_with('[') ? *value : '"' + *value + '"';
}

}  // namespace

std::string to_json(Options const& options) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (auto const& [name, value] : options) json[name] = value;
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Options options_from_json(std::string const& text) {
    Options options;
    auto const json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!json.is_object()) return options;
    for (auto const& item : json.items()) {
        options.emplace_back(item.key(), item.value().is_string() ? item.value().get<std::string>() : "");
    }
    return options;
}

void tell_columns_apart(RunRecord& record) {
    std::set<std::string> used(own_names.begin(), own_names.end());
    auto const rename = [&](std::vector<Column>& columns, std::string const& prefix) {
        for (auto& column : columns) {
            // SQLite does not tell names apart by case.
            while (!used.insert(lower(column.name)).second) column.name = prefix + column.name;
        }
    };
    rename(record.input_columns, "input_");
    rename(record.result_columns, "result_");
}

std::vector<std::string> differences(RunRecord const& stored, RunRecord const& asked) {
    std::vector<std::string> lines;
    if (stored.job != asked.job) lines.push_back("job: " + stored.job + " there, " + asked.job + " now");
    if (stored.job_version != asked.job_version) {
        lines.push_back("version of the job: " + std::to_string(stored.job_version) + " there, " +
                        std::to_string(asked.job_version) + " now");
    }
    std::set<std::string> names;
    for (auto const& [name, value] : stored.options) names.insert(name);
    for (auto const& [name, value] : asked.options) names.insert(name);
    for (auto const& name : names) {
        auto const* there = value_in(stored.options, name);
        auto const* now = value_in(asked.options, name);
        if (is_same(there, now)) continue;
        lines.push_back(name + ": " + shown(there) + " there, " + shown(now) + " now");
    }
    return lines;
}

}  // namespace rankpool::batch
