// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/table.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include <algorithm>
#include <set>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_quoted = 80;

}  // namespace

Table::Table(std::string const& file) : file_(TextFile::named(file)), reader_(file_.stream(), file_.name()) {
    auto const first = reader_.next();
    if (!first) fail("there is no first row with the columns' names");
    refuse_zeros(*first);
    std::set<std::string> known;
    for (auto const& name : *first) {
        if (name.empty()) {
            fail("column " + std::to_string(known.size() + 1) +
                 " has no name, as where row numbers are written");
        }
        if (!known.insert(name).second) {
            fail("there are two columns '" + shortened(name, longest_quoted) + "'");
        }
    }
    columns_ = *first;
}

std::optional<Table::Row> Table::next() {
    auto row = reader_.next();
    if (!row) return row;
    if (row->size() != columns_.size()) {
        fail("row " + std::to_string(reader_.row()) + " has " + std::to_string(row->size()) +
             " fields instead of " + std::to_string(columns_.size()));
    }
    refuse_zeros(*row);
    return row;
}

void Table::refuse_zeros(Row const& row) const {
    auto const has_zero = [](std::string const& field) { return field.find('\0') != std::string::npos; };
    auto const found = std::ranges::find_if(row, has_zero);
    if (found == row.end()) return;
    auto const place = static_cast<std::size_t>(found - row.begin());
    std::string const column = columns_.empty()
                                   ? std::to_string(place + 1)
                                   : std::string{"'"} + shortened(columns_[place], longest_quoted) + "'";
    fail("row " + std::to_string(reader_.row()) + " has a NUL byte in column " + column +
         ", which ends any text that is given to a command");
}

void Table::fail(std::string const& why) const {
    throw InputError("cannot read " + file_.name() + " as a table (" + why +
                     "). Is it CSV with a first row of names?");
}

}  // namespace rankpool::batch
