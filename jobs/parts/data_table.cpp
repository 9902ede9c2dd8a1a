// SPDX-License-Identifier: MIT
#include "jobs/parts/data_table.hpp"

#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/text_file.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace jobs {
namespace {

using rankpool::batch::InputError;
using Row = std::vector<std::string>;

std::optional<double> number_in(std::string const& text) {
    double number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return number;
}

class Builder {
  public:
    Builder(std::string const& file, LabelColumn label) : file_(file), label_(label) {}

    void add(Row const& row, std::size_t number) {
        if (columns_ == 0) begin(row, number);
        if (number == 1 && names_things(row)) {
            columns_ = 0;
            return;
        }
        if (row.size() != columns_) {
            fail(number, fmt::format("{} fields instead of {}", row.size(), columns_));
        }
        for (std::size_t i = 0; i < columns_; ++i) {
            if (i == place_) {
                names_.push_back(row[i]);
                continue;
            }
            auto const value = number_in(row[i]);
            if (!value) fail(number, fmt::format("'{}' in field {}, which is no number", row[i], i + 1));
            data_.values.push_back(*value);
        }
    }

    DataTable end() {
        if (names_.empty()) throw InputError(fmt::format("cannot use {} (it has no row of data)", file_));
        std::set<std::string> const classes(names_.begin(), names_.end());
        data_.classes.assign(classes.begin(), classes.end());
        for (auto const& name : names_) {
            auto const found = std::ranges::lower_bound(data_.classes, name);
            data_.label.push_back(static_cast<std::int32_t>(found - data_.classes.begin()));
        }
        return std::move(data_);
    }

  private:
    /// True where what should be numbers is none. The class may be anything.
    [[nodiscard]] bool names_things(Row const& row) const {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i != place_ && !number_in(row[i])) return true;
        }
        return false;
    }

    void begin(Row const& row, std::size_t number) {
        columns_ = row.size();
        if (columns_ < 2) fail(number, "one field; there must be a class and a number at least");
        data_.features = columns_ - 1;
        switch (label_.kind) {
            case LabelColumn::Kind::first:
                place_ = 0;
                return;
            case LabelColumn::Kind::last:
                place_ = columns_ - 1;
                return;
            case LabelColumn::Kind::number:
                break;
        }
        if (label_.number == 0 || label_.number > columns_) {
            fail(number, fmt::format("no field {} for --label, there are {}", label_.number, columns_));
        }
        place_ = label_.number - 1;
    }

    [[noreturn]] void fail(std::size_t row, std::string const& what) const {
        throw InputError(fmt::format("cannot use {} (row {} has {}). Is it CSV with a number in each field?",
                                     file_, row, what));
    }

    std::string const& file_;
    LabelColumn label_;
    std::size_t columns_ = 0;
    std::size_t place_ = 0;
    DataTable data_;
    std::vector<std::string> names_;
};

}  // namespace

DataTable read_data(std::istream& in, std::string const& file, LabelColumn label) {
    rankpool::batch::CsvReader reader{in, file};
    Builder builder{file, label};
    while (auto const row = reader.next()) builder.add(*row, reader.row());
    return builder.end();
}

DataTable read_data(std::string const& file, LabelColumn label) {
    auto text = rankpool::batch::TextFile::named(file);
    return read_data(text.stream(), text.name(), label);
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
