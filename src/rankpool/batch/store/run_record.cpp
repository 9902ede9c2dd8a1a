// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/run_record.hpp"

#include "rankpool/batch/columns/node.hpp"
#include "rankpool/batch/columns/word_list.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/utf8.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace rankpool::batch {
namespace {

/// So many inputs have columns of their own for sure.
constexpr std::size_t narrow = 1000;
constexpr std::size_t most_more = 500;
constexpr std::array own_names{"task", "outcome", "error", "attempts"};

/// Before version 3, bytes that are not UTF-8 were stored as a mark for such; but the seed is made of them.
bool is_same_run(RunRecord const& stored, RunRecord const& asked, std::string const& there,
                 std::string const& now) {
    constexpr auto mark = "\xef\xbf\xbd";
    return stored.seed == asked.seed && !is_utf8(now) && there.find(mark) != std::string::npos;
}

std::string const* option_in(Options const& options, std::string const& name) {
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
    return value->starts_with('[') ? printable(*value) : '"' + printable(*value) + '"';
}

}  // namespace

std::string to_json(Options const& options) {
    Node node;
    node.kind = Node::Kind::object;
    for (auto const& [name, value] : options) {
        node.children.emplace_back().value = value;
        node.children.back().name = name;
    }
    return to_json(node);
}

Options options_from_json(std::string const& text) {
    Options options;
    try {
        Node const node = from_json(text);
        if (node.kind != Node::Kind::object) return options;
        for (auto const& child : node.children) {
            options.emplace_back(child.name, text_in(child).value_or(""));
        }
    } catch (SerializationError const&) {
    }
    return options;
}

std::string sql_name(Column const& column) {
    return is_utf8(column.name) ? column.name : printable(column.name);
}

std::string lower(std::string name) {
    std::ranges::transform(name, name.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return name;
}

void tell_columns_apart(RunRecord& record) {
    std::set<std::string> used(own_names.begin(), own_names.end());
    if (record.input_columns.size() > narrow) used.insert(TableLayout::more_inputs);
    auto const rename = [&](std::vector<Column>& columns, std::string const& prefix) {
        for (auto& column : columns) {
            if (column.name.find('\0') != std::string::npos) {
                throw InputError("cannot use the column " + printable(column.name) +
                                 " (there is a null byte in its name). Is the table text, as UTF-8?");
            }
            // SQLite does not tell names apart by case.
            while (!used.insert(lower(sql_name(column))).second) column.name = prefix + column.name;
        }
    };
    rename(record.input_columns, "input_");
    rename(record.result_columns, "result_");
}

std::set<std::string> names_beside_more(RunRecord const& record, std::size_t own) {
    std::set<std::string> names(own_names.begin(), own_names.end());
    names.insert(TableLayout::more_inputs);
    for (auto const& column : record.input_columns) names.insert(lower(sql_name(column)));
    for (std::size_t i = 0; i < own; ++i) names.insert(lower(sql_name(record.result_columns[i])));
    return names;
}

std::size_t room_for_more(RunRecord const& record) {
    return record.input_columns.size() > narrow ? 0 : most_more;
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
        auto const* there = option_in(stored.options, name);
        auto const* now = option_in(asked.options, name);
        if (is_same(there, now) || (there && now && is_same_run(stored, asked, *there, *now))) continue;
        lines.push_back(name + ": " + shown(there) + " there, " + shown(now) + " now");
    }
    return lines;
}

}  // namespace rankpool::batch
