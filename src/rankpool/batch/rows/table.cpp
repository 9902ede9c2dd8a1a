// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/table.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/rows/csv.hpp"
#include "rankpool/batch/rows/json_lines.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <sstream>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_quoted = 80;

/// CSV, the names in its first row.
class CsvRows final : public RowReader {
  public:
    CsvRows(TextFile& file, std::optional<char> separator)
        : is_marked_(file.begins_with(failed_rows_mark)),
          reader_(is_marked_ ? uncommented(file.stream()) : file.stream(), file.name(),
                  is_marked_ ? ',' : separator) {}

    std::vector<std::string> columns() override { return reader_.next().value_or(Row{}); }
    std::optional<Row> next() override { return reader_.next(); }
    [[nodiscard]] bool has_row() const override { return reader_.has_row(); }
    [[nodiscard]] std::string place() const override { return "row " + std::to_string(reader_.row()); }

  private:
    /// What is left without lines that begin with #, unless these are within a field.
    std::istream& uncommented(std::istream& in) {
        bool is_quoted = false;
        for (std::string line; std::getline(in, line);) {
            if (!is_quoted && line.starts_with('#')) continue;
            for (char const letter : line) is_quoted ^= letter == '"';
            rest_ << line << '\n';
        }
        return rest_;
    }

    bool is_marked_;
    std::stringstream rest_;
    CsvReader reader_;
};

/// Lines that are not empty.
class Lines final : public RowReader {
  public:
    Lines(std::istream& in, std::string column) : in_(in), column_(std::move(column)) {}

    std::vector<std::string> columns() override { return {column_}; }
    std::optional<Row> next() override {
        for (std::string text; std::getline(in_, text);) {
            ++line_;
            if (!text.empty()) return Row{std::move(text)};
        }
        return std::nullopt;
    }
    [[nodiscard]] std::string place() const override { return "line " + std::to_string(line_); }

  private:
    std::istream& in_;
    std::string column_;
    std::size_t line_ = 0;
};

std::unique_ptr<RowReader> reader_of(TextFile& file, std::string const& format,
                                     std::optional<char> separator) {
    if (format == "lines") return std::make_unique<Lines>(file.stream(), "value");
    if (format == "commands" && !file.begins_with(failed_rows_mark)) {
        return std::make_unique<Lines>(file.stream(), "command");
    }
    if (format == "jsonl") return std::make_unique<JsonLines>(file.stream(), file.name());
    if (format == "tsv") separator = '\t';
    return std::make_unique<CsvRows>(file, separator);
}

}  // namespace

std::string TableFormat::name_for(std::string const& file) const {
    if (!name.empty()) return name;
    std::filesystem::path path{file};
    if (path.extension() == ".gz") path = path.stem();
    struct Known {
        char const* end;
        char const* format;
    };
    constexpr std::array known{Known{".tsv", "tsv"}, Known{".jsonl", "jsonl"}, Known{".txt", "lines"}};
    auto const found = std::ranges::find_if(known, [&](Known const& k) { return path.extension() == k.end; });
    return found == known.end() ? "csv" : found->format;
}

Table::Table(std::string const& file, TableFormat const& format) : format_(format.name_for(file)) {
    bool const has_lines = format_ == "lines" || format_ == "commands";
    auto const content = has_lines ? Content::lines : Content::text;
    file_ = std::make_unique<TextFile>(TextFile::named(file, content));
    reader_ = reader_of(*file_, format_, format.separator);
    columns_ = reader_->columns();
    check_columns();
}

void Table::check_columns() const {
    if (columns_.empty()) fail("there is no first row with the columns' names");
    std::set<std::string> known;
    for (auto const& name : columns_) {
        if (name.find('\0') != std::string::npos) {
            fail("row 1 has a NUL byte in column " + std::to_string(known.size() + 1));
        }
        if (name.empty()) {
            fail("column " + std::to_string(known.size() + 1) +
                 " has no name, as where row numbers are written");
        }
        if (!known.insert(name).second) {
            fail("there are two columns '" + shortened(name, longest_quoted) + "'");
        }
    }
}

std::optional<Table::Row> Table::next() {
    auto row = reader_->next();
    if (!row) return row;
    if (row->size() != columns_.size()) {
        fail(reader_->place() + " has " + std::to_string(row->size()) + " fields instead of " +
             std::to_string(columns_.size()));
    }
    refuse_zeros(*row);
    return row;
}

void Table::refuse_zeros(Row const& row) const {
    auto const has_zero = [](std::string const& field) { return field.find('\0') != std::string::npos; };
    auto const found = std::ranges::find_if(row, has_zero);
    if (found == row.end()) return;
    auto const place = static_cast<std::size_t>(found - row.begin());
    fail(reader_->place() + " has a NUL byte in column '" + shortened(columns_[place], longest_quoted) +
         "', which ends any text that is given to a command");
}

void Table::fail(std::string const& why) const {
    std::string const what = format_ == "jsonl" ? "JSON Lines" : "CSV with a first row of names";
    throw InputError("cannot read " + file_->name() + " as a table (" + why + "). Is it " + what + "?");
}

}  // namespace rankpool::batch
