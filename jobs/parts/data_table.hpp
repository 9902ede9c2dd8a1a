// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <string>
#include <vector>

namespace jobs {

/// Labelled examples: a row of numbers for each, and the class it belongs to, as a number.
struct DataTable {
    std::size_t features = 0;          ///< numbers in each row
    std::vector<double> values;        ///< row by row
    std::vector<std::int32_t> label;   ///< of each row, from 0 in the order of `classes`
    std::vector<std::string> classes;  ///< sorted

    [[nodiscard]] std::size_t rows() const { return label.size(); }
    [[nodiscard]] double const* row(std::size_t number) const { return values.data() + number * features; }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& features& values& label& classes;
    }
};

/// Which column has the class: first, last, or the one of this number, from 1.
struct LabelColumn {
    enum class Kind { first, last, number };
    Kind kind = Kind::last;
    std::size_t number = 0;
};

/// Whether the first row names the columns; `automatic`: as the rows after it make likely.
enum class HeaderRow { automatic, yes, no };
/// What becomes of rows in which a value is missing: an empty field, `?`, `NA`, `NaN` and the like.
enum class MissingValues { error, drop };

/// How a file of data is to be read.
struct DataForm {
    LabelColumn label{};
    HeaderRow header = HeaderRow::automatic;
    MissingValues missing = MissingValues::error;
    std::vector<std::string> dropped{};  ///< columns to be left out, by name or number from 1
};

struct DataFile {
    DataTable data;
    std::vector<std::string> notes;  ///< what a person should know of how it was read
};

/// Reads CSV with a number in each field but the class; blanks around it do not count. Throws
/// batch::InputError that names `file` and the row where a field is no number, rows differ in length, there
/// is no such column, or it cannot be told whether the first row names things.
DataFile read_data(std::istream& in, std::string const& file, DataForm const& form);
/// The same from a file, `-` is standard input; packed by gzip or not, see batch::TextFile.
DataFile read_data(std::string const& file, DataForm const& form);

/// A hash of all that is in the table.
std::int64_t hash_of(DataTable const& data);

/// Gives each feature mean 0 and standard deviation 1; one that never differs becomes 0.
void standardise(DataTable& data);

}  // namespace jobs
