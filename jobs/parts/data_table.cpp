// SPDX-License-Identifier: MIT
#include "jobs/parts/data_table.hpp"

#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/text_file.hpp"

#include "jobs/parts/first_row.hpp"
#include "jobs/parts/number_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace jobs {
namespace {

using rankpool::batch::InputError;
using Row = std::vector<std::string>;

constexpr std::size_t longest_quoted = 60;

std::string in_quotes(std::string const& text) {
    return "'" + (text.size() > longest_quoted ? text.substr(0, longest_quoted) + "..." : text) + "'";
}

/// Builds a table out of rows. What the first row is, is decided when the others are known.
class Builder {
  public:
    Builder(std::string const& file, DataForm const& form) : file_(file), form_(form) {}

    void add(Row row, std::size_t number) {
        if (number == 1 && form_.header != HeaderRow::no) {
            first_ = std::move(row);
            return;
        }
        if (columns_ == 0) begin(row, number);
        add_data(row, number);
    }

    DataFile end() {
        take_first_row();
        if (names_.empty()) throw InputError(fmt::format("cannot use {} (it has no row of data)", file_));
        std::set<std::string> const classes(names_.begin(), names_.end());
        data_.classes.assign(classes.begin(), classes.end());
        for (auto const& name : names_) {
            auto const found = std::ranges::lower_bound(data_.classes, name);
            data_.label.push_back(static_cast<std::int32_t>(found - data_.classes.begin()));
        }
        if (left_out_ > 0) {
            note(fmt::format("{} of {} rows are left out, since a value is missing", left_out_,
                             left_out_ + names_.size()));
        }
        return {std::move(data_), std::move(notes_)};
    }

  private:
    /// Which columns there are, by the first row after that which may name them.
    void begin(Row const& row, std::size_t number) {
        columns_ = row.size();
        refuse_other_separators(first_ ? *first_ : row);
        if (first_ && first_->size() != columns_) {
            // What is as long as no other row names things, if it has any words.
            bool const has_words = std::ranges::any_of(*first_, is_word);
            if (form_.header == HeaderRow::yes || has_words) {
                is_named_ = true;
            } else {
                columns_ = first_->size();
            }
        }
        if (columns_ < 2) {
            fail(first_ && !is_named_ ? 1 : number, "one field; there must be a class and a number at least");
        }
        for (std::size_t column = 0; column < columns_; ++column) {
            if (!is_dropped(column)) kept_.push_back(column);
        }
        check_dropped();
        if (kept_.size() < 2) fail(number, "fewer than two columns that are not left out");
        place_ = label_place(number);
        std::erase(kept_, place_);
        data_.features = kept_.size();
        spans_.assign(kept_.size(), {});
    }

    [[nodiscard]] bool is_dropped(std::size_t column) const {
        bool const has_name = first_ && column < first_->size();
        return std::ranges::any_of(form_.dropped, [&](std::string const& word) {
            return word == std::to_string(column + 1) || (has_name && word == trimmed((*first_)[column]));
        });
    }
    void check_dropped() {
        for (auto const& word : form_.dropped) {
            auto const number = parse_number(word);
            if (number && *number >= 1 && *number <= static_cast<double>(columns_)) continue;
            auto const has_name = [&](std::string const& name) { return word == trimmed(name); };
            if (!first_ || std::ranges::none_of(*first_, has_name)) {
                throw InputError(
                    fmt::format("cannot use {} (it has no column {} to leave out)", file_, in_quotes(word)));
            }
            is_named_ = true;
        }
    }

    [[nodiscard]] std::size_t label_place(std::size_t number) const {
        switch (form_.label.kind) {
            case LabelColumn::Kind::first:
                return kept_.front();
            case LabelColumn::Kind::last:
                return kept_.back();
            case LabelColumn::Kind::number:
                break;
        }
        std::size_t const wanted = form_.label.number;
        if (wanted == 0 || wanted > columns_) {
            fail(number, fmt::format("no field {} for --label, there are {}", wanted, columns_));
        }
        if (std::ranges::find(kept_, wanted - 1) == kept_.end()) {
            fail(number, fmt::format("the class in field {}, which --drop-columns leaves out", wanted));
        }
        return wanted - 1;
    }

    void add_data(Row const& row, std::size_t number) {
        auto const values = values_of(row, number);
        if (!values) return;
        names_.push_back(trimmed(row[place_]));
        data_.values.insert(data_.values.end(), values->begin(), values->end());
        for (std::size_t i = 0; i < values->size(); ++i) spans_[i].add((*values)[i]);
    }

    /// The numbers of a row; nothing where it is left out.
    std::optional<std::vector<double>> values_of(Row const& row, std::size_t number) {
        if (row.size() != columns_) {
            fail(number, fmt::format("{} fields instead of {}", row.size(), columns_));
        }
        std::vector<double> values;
        bool is_whole = !is_missing_class(row[place_]);
        if (!is_whole) check_missing(row, number, place_);
        for (auto const column : kept_) {
            auto const value = parse_number(row[column]);
            if (value) {
                values.push_back(*value);
            } else if (is_missing(row[column])) {
                check_missing(row, number, column);
                is_whole = false;
            } else {
                fail(number,
                     fmt::format("{} in field {}, which is no number", in_quotes(row[column]), column + 1));
            }
        }
        if (is_whole) return values;
        ++left_out_;
        return std::nullopt;
    }

    void check_missing(Row const& row, std::size_t number, std::size_t column) const {
        if (form_.missing == MissingValues::drop) return;
        throw InputError(fmt::format(
            "cannot use {} (row {} has {} in field {}, a missing value). --missing drop leaves such rows "
            "out, --drop-columns columns.",
            file_, number, in_quotes(row[column]), column + 1));
    }

    void take_first_row() {
        if (!first_) return;
        if (columns_ == 0) {  // there is no other
            if (form_.header == HeaderRow::yes) return;
            if (std::ranges::all_of(*first_, is_word)) return;
            is_data_for_sure_ = true;
            Row const row = *first_;
            begin(row, 1);
        }
        if (is_named_ || form_.header == HeaderRow::yes) return tell_names();
        switch (is_data_for_sure_ ? FirstRow::data : first_row()) {
            case FirstRow::names:
                return tell_names();
            case FirstRow::data:
                break;
            case FirstRow::doubtful:
                throw InputError(
                    fmt::format("cannot use {} (whether row 1 names the columns or is data cannot be told). "
                                "Write --header yes "
                                "or --header no.",
                                file_));
            case FirstRow::data_of_new_class:
                note(fmt::format(
                    "the first row was taken for data, though no other row has its class {}. --header "
                    "yes if it names the columns.",
                    in_quotes(trimmed((*first_)[place_]))));
        }
        auto const values = values_of(*first_, 1);
        if (!values) return;
        names_.insert(names_.begin(), trimmed((*first_)[place_]));
        data_.values.insert(data_.values.begin(), values->begin(), values->end());
    }

    [[nodiscard]] FirstRow first_row() const {
        std::vector<std::string> fields;
        for (auto const column : kept_) fields.push_back((*first_)[column]);
        return what_is_first({.fields = std::move(fields),
                              .label = trimmed((*first_)[place_]),
                              .counts = counts_columns(*first_)},
                             spans_, {names_.begin(), names_.end()});
    }

    void tell_names() {
        if (form_.header == HeaderRow::automatic) {
            note(fmt::format("the first row was taken for names: {}. --header no if it is data.",
                             in_quotes(fmt::format("{}", fmt::join(*first_, ", ")))));
        }
        if (first_->size() + 1 == columns_) {
            note(
                "there is one name less than columns: does the first have row numbers? --drop-columns 1 "
                "leaves it "
                "out.");
        } else if (trimmed(first_->front()).empty() && !is_dropped(0)) {
            note("column 1 has no name: does it have row numbers? --drop-columns 1 leaves it out.");
        }
    }

    void note(std::string const& text) { notes_.push_back(file_ + ": " + text); }

    /// As Excel writes them in countries where numbers have a comma.
    void refuse_other_separators(Row const& row) const {
        if (row.size() > 1) return;
        for (char const separator : {';', '\t'}) {
            if (row.empty() || row[0].find(separator) == std::string::npos) continue;
            throw InputError(
                fmt::format("cannot use {} (its fields are separated by {}). Write it with commas.", file_,
                            separator == ';' ? "semicolons" : "tabs"));
        }
    }
    [[noreturn]] void fail(std::size_t row, std::string const& what) const {
        throw InputError(fmt::format("cannot use {} (row {} has {}). Is it CSV with a number in each field?",
                                     file_, row, what));
    }

    std::string const& file_;
    DataForm const& form_;
    std::optional<Row> first_;  ///< until it is known what it is
    bool is_named_ = false;
    bool is_data_for_sure_ = false;
    std::size_t columns_ = 0;
    std::size_t place_ = 0;
    std::vector<std::size_t> kept_;  ///< columns of numbers
    std::vector<NumberSpan> spans_;  ///< of them
    DataTable data_;
    std::vector<std::string> names_;
    std::vector<std::string> notes_;
    std::size_t left_out_ = 0;
};

}  // namespace

DataFile read_data(std::istream& in, std::string const& file, DataForm const& form) {
    rankpool::batch::CsvReader reader{in, file};
    Builder builder{file, form};
    while (auto row = reader.next()) builder.add(std::move(*row), reader.row());
    return builder.end();
}

DataFile read_data(std::string const& file, DataForm const& form) {
    auto text = rankpool::batch::TextFile::named(file);
    return read_data(text.stream(), text.name(), form);
}

std::int64_t hash_of(DataTable const& data) {
    auto hash = ::XXH3_64bits(data.values.data(), data.values.size() * sizeof(double));
    hash = ::XXH3_64bits_withSeed(data.label.data(), data.label.size() * sizeof(std::int32_t), hash);
    for (auto const& name : data.classes) hash = ::XXH3_64bits_withSeed(name.data(), name.size(), hash);
    return static_cast<std::int64_t>(hash);
}

void standardise(DataTable& data) {
    auto const n = static_cast<double>(data.rows());
    for (std::size_t column = 0; column < data.features; ++column) {
        double sum = 0;
        for (std::size_t row = 0; row < data.rows(); ++row) sum += data.row(row)[column];
        double const mean = sum / n;
        double squares = 0;
        for (std::size_t row = 0; row < data.rows(); ++row)
            squares += std::pow(data.row(row)[column] - mean, 2);
        double const deviation = std::sqrt(squares / n);
        for (std::size_t row = 0; row < data.rows(); ++row) {
            double& value = data.values[row * data.features + column];
            value = deviation > 0 ? (value - mean) / deviation : 0;
        }
    }
}

}  // namespace jobs
