// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/row_source.hpp"

#include "rankpool/batch/exec/file_pattern.hpp"
#include "rankpool/batch/exec/value_list.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <set>

namespace rankpool::batch {
namespace {

bool is_mark(std::string const& word) {
    return word == ":::" || word == ":::+" || word == "::::" || word == "::::+";
}

/// So that a file can be read again.
bool is_plain_file(std::string const& name) {
    std::error_code ignored;
    return name != "-" && std::filesystem::is_regular_file(name, ignored);
}

/// What is not there would pass for a pipe, and be missed when its rows are wanted.
void check_is_there(std::string const& name) {
    std::error_code ignored;
    if (name != "-" && !std::filesystem::exists(name, ignored)) static_cast<void>(TextFile::named(name));
}

std::vector<std::string> lines_of(std::string const& file) {
    std::vector<std::string> lines;
    for (auto const& row : Table{file, {.name = "lines"}}) lines.push_back(row.front());
    return lines;
}

std::string check_separator(std::string const& text) {
    bool const is_one = text.size() == 1 && text != "\"" && text != "\n" && text != "\r";
    return is_one || text == "tab" || text == "\\t" ? ""
                                                    : text + " is no letter that can stand between fields";
}

std::string check_grid(std::string const& text) {
    auto const place = text.find('=');
    return place != std::string::npos && place > 0 ? "" : text + " is not NAME=VALUES, such as alpha=0:1:0.1";
}

}  // namespace

void RowOptions::declare(OptionSet& options) {
    options
        .add(
            "--input", files,
            "A file of rows, read by its name: .csv, .tsv, .jsonl, .txt (lines), each may be .gz; - is stdin "
            "as CSV; several come one after the other")
        .one_by_one()
        .type_name("FILE")
        .group(input_group);
    options.add("--format", format.name, "What --input is, whatever its name")
        .one_of({"csv", "tsv", "jsonl", "lines"})
        .group(input_group);
    options.add("--separator", separator, "Of fields in CSV; if not given, what the first row has")
        .check(check_separator)
        .type_name("LETTER|tab")
        .group(input_group);
    options
        .add("--grid", grids,
             "A column of values: a,b or 0:1:0.1 or log:1e-3:1e3:7 or 1-100:5; several give all combinations")
        .one_by_one()
        .check(check_grid)
        .type_name("NAME=VALUES")
        .group(input_group);
    options.add("--files", patterns, "A row for each file that is like this, such as 'data/**/*.txt'")
        .one_by_one()
        .type_name("PATTERN")
        .group(input_group);
    options.add("--commands", commands, "A shell command in each line, instead of one after --")
        .type_name("FILE")
        .group(input_group);
    // What is typed after the command.
    options.add("--lists", lists, "").one_by_one().group(hidden_group);
}

bool RowOptions::is_empty() const {
    return files.empty() && grids.empty() && patterns.empty() && commands.empty() && lists.empty();
}

RowSource::RowSource(RowOptions options) : options_(std::move(options)) {
    if (!options_.commands.empty()) {
        if (!options_.files.empty() || !options_.grids.empty() || !options_.patterns.empty() ||
            !options_.lists.empty()) {
            throw InputError(
                "cannot combine --commands with other rows (its lines are whole commands). Leave "
                "the others away?");
        }
        options_.files = {options_.commands};
        options_.format.name = "commands";
    }
    auto const& separator = options_.separator;
    if (!separator.empty()) options_.format.separator = separator.size() > 1 ? '\t' : separator.front();
    std::ranges::for_each(options_.files, check_is_there);
    if (!options_.files.empty()) {
        open_next_table();
        table_columns_ = table_->columns();
    }
    if (!options_.commands.empty() && table_columns_ != std::vector<std::string>{"command"}) {
        throw InputError(
            fmt::format("cannot run what is in {} (its rows are no commands, but {}). Give it by --input?",
                        options_.commands, fmt::join(table_columns_, ", ")));
    }
    for (auto const& grid : options_.grids) add_grid(grid);
    for (auto const& pattern : options_.patterns) add_files_like(pattern);
    add_lists();
    name_columns();
    at_.resize(lists_.size());
}

bool RowSource::is_stream() const {
    return !std::ranges::all_of(options_.files, is_plain_file);
}

RowSource RowSource::of_plain_files() const {
    RowSource part;
    part.options_ = options_;
    part.leaves_out_pipes_ = true;
    part.lists_ = lists_;
    part.table_columns_ = table_columns_;
    part.columns_ = columns_;
    part.values_ = values_;
    part.at_.resize(lists_.size());
    return part;
}

void RowSource::rewind() {
    table_.reset();
    next_file_ = 0;
    std::ranges::fill(at_, std::size_t{0});
    begun_ = false;
}

void RowSource::add_grid(std::string const& grid) {
    auto const place = grid.find('=');
    List list{{grid.substr(0, place)}, {}};
    for (auto& value : values_in(grid.substr(place + 1))) list.rows.push_back({std::move(value)});
    lists_.push_back(std::move(list));
}

void RowSource::add_files_like(std::string const& pattern) {
    List list{{""}, {}};
    for (auto& file : files_like(pattern)) list.rows.push_back({std::move(file)});
    lists_.push_back(std::move(list));
}

void RowSource::add_lists() {
    auto const& words = options_.lists;
    for (auto word = words.begin(); word != words.end();) {
        std::string const mark = *word++;
        std::vector<std::string> values;
        for (; word != words.end() && !is_mark(*word); ++word) {
            auto more = mark.starts_with("::::") ? lines_of(*word) : values_of_word(*word);
            values.insert(values.end(), more.begin(), more.end());
        }
        add_list(mark, std::move(values));
    }
}

void RowSource::add_list(std::string const& mark, std::vector<std::string> values) {
    if (!mark.ends_with('+')) {
        List list{{""}, {}};
        for (auto& value : values) list.rows.push_back({std::move(value)});
        return lists_.push_back(std::move(list));
    }
    if (lists_.empty()) {
        throw InputError(
            fmt::format("cannot link what is after {} (there is no list before it). Write {} "
                        "first?",
                        mark, mark.substr(0, mark.size() - 1)));
    }
    auto& list = lists_.back();
    if (list.rows.size() != values.size()) {
        throw InputError(
            fmt::format("cannot link {} values to {} (after {}). Give as many, or {} for all "
                        "combinations?",
                        values.size(), list.rows.size(), mark, mark.substr(0, mark.size() - 1)));
    }
    list.names.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) list.rows[i].push_back(std::move(values[i]));
}

void RowSource::name_columns() {
    columns_ = table_columns_;
    for (auto const& list : lists_) columns_.insert(columns_.end(), list.names.begin(), list.names.end());
    // Lines of files have no name of their own either.
    auto const format = table_ ? options_.format.name_for(options_.files.front()) : "";
    bool const has_lines = format == "lines" || format == "commands";
    if (has_lines) columns_.front().clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].empty()) values_.push_back(i);
    }
    std::size_t number = 0;
    for (std::size_t const i : values_) {
        columns_[i] = !options_.commands.empty() ? "command"
                      : values_.size() == 1      ? "value"
                                                 : fmt::format("value{}", ++number);
    }
    std::set<std::string> known;
    for (auto const& name : columns_) {
        if (known.insert(name).second) continue;
        throw InputError(fmt::format("cannot tell two columns '{}' apart. Rename one?", name));
    }
}

bool RowSource::open_next_table() {
    auto const& files = options_.files;
    while (leaves_out_pipes_ && next_file_ < files.size() && !is_plain_file(files[next_file_])) ++next_file_;
    if (next_file_ == options_.files.size()) return false;
    std::string const& file = options_.files[next_file_++];
    table_.emplace(file, options_.format);
    auto const& columns = table_->columns();
    auto const& wanted = table_columns_.empty() ? columns : table_columns_;
    order_.clear();
    for (auto const& name : wanted) {
        auto const found = std::ranges::find(columns, name);
        if (found == columns.end() || columns.size() != wanted.size()) {
            throw InputError(
                fmt::format("cannot read {} after {} (its columns are {}, not {}). Give files with "
                            "the same columns, in any order?",
                            file, options_.files.front(), fmt::join(columns, ", "), fmt::join(wanted, ", ")));
        }
        order_.push_back(static_cast<std::size_t>(found - columns.begin()));
    }
    return true;
}

std::optional<RowSource::Row> RowSource::next_of_tables() {
    if (!table_ && !open_next_table()) return std::nullopt;
    for (;;) {
        auto row = table_->next();
        if (row && !is_wanted(*row)) continue;
        if (row) {
            Row ordered;
            for (std::size_t const place : order_) ordered.push_back(std::move((*row)[place]));
            return ordered;
        }
        if (!open_next_table()) return std::nullopt;
    }
}

/// Lines of a file of commands may be comments.
bool RowSource::is_wanted(Row const& row) const {
    if (options_.commands.empty()) return true;
    auto const start = row.front().find_first_not_of(" \t");
    return start != std::string::npos && row.front()[start] != '#';
}

std::optional<RowSource::Row> RowSource::next() {
    // The last list varies fastest, and the tables least.
    std::size_t list = begun_ ? lists_.size() : 0;
    while (list > 0 && ++at_[list - 1] == lists_[list - 1].rows.size()) at_[--list] = 0;
    if (list == 0) {
        bool const is_done = begun_ && options_.files.empty();
        begun_ = true;
        if (is_done || std::ranges::any_of(lists_, [](List const& l) { return l.rows.empty(); })) {
            return std::nullopt;
        }
        if (!options_.files.empty()) {
            auto row = next_of_tables();
            if (!row) return std::nullopt;
            row_ = std::move(*row);
        }
    }
    Row row = row_;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        auto const& values = lists_[i].rows[at_[i]];
        row.insert(row.end(), values.begin(), values.end());
    }
    return row;
}

}  // namespace rankpool::batch
