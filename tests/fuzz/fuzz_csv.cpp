// SPDX-License-Identifier: MIT
#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include "jobs/parts/data_table.hpp"

#include <cstdint>
#include <sstream>
#include <string>

/// Whatever the bytes are: rows, which come back when they are written, or an InputError; and a table of data
/// that is whole, or an InputError.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    try {
        std::istringstream in{text};
        rankpool::batch::CsvReader reader{in, "fuzz"};
        while (auto const row = reader.next()) {
            std::string const line = rankpool::batch::csv_line(*row);
            if (line == "\n") continue;  // a blank line is no row
            std::istringstream again{line};
            if (rankpool::batch::CsvReader{again, "again"}.next() != row) __builtin_trap();
        }
    } catch (rankpool::batch::InputError const&) {
    }
    try {
        std::istringstream in{text};
        auto const table = jobs::read_data(in, "fuzz", {.missing = jobs::MissingValues::drop}).data;
        if (table.values.size() != table.rows() * table.features || table.rows() == 0) __builtin_trap();
        for (auto const label : table.label) {
            if (label < 0 || static_cast<std::size_t>(label) >= table.classes.size()) __builtin_trap();
        }
    } catch (rankpool::batch::InputError const&) {
    }
    return 0;
}
