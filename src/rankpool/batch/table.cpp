// SPDX-License-Identifier: MIT
#include "rankpool/batch/table.hpp"

#include "rankpool/batch/input_error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <set>

namespace rankpool::batch {

Table::Table(std::string const& file) : file_(file) {
    if (file != "-") {
        std::error_code ignored;
        if (std::filesystem::is_directory(file, ignored)) fail("it is a folder");
        in_ = std::make_unique<std::ifstream>(file, std::ios::binary);
        if (!*in_) fail(std::strerror(errno));
    }
    reader_ = std::make_unique<CsvReader>(in_ ? *in_ : std::cin, file == "-" ? "standard input" : file);
    auto const first = reader_->next();
    if (!first) fail("there is no first row with the columns' names");
    std::set<std::string> known;
    for (auto const& name : *first) {
        if (name.empty()) fail("a column has no name");
        if (!known.insert(name).second) fail("there are two columns '" + name + "'");
    }
    columns_ = *first;
}

std::optional<Table::Row> Table::next() {
    auto row = reader_->next();
    if (row && row->size() != columns_.size()) {
        fail("row " + std::to_string(reader_->row()) + " has " + std::to_string(row->size()) +
             " fields instead of " + std::to_string(columns_.size()));
    }
    return row;
}

void Table::fail(std::string const& why) const {
    throw InputError("cannot read " + file_ + " as a table (" + why +
                     "). Is it CSV with a first row of names?");
}

}  // namespace rankpool::batch
