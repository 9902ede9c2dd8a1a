// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/task/program.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <typeinfo>
#include <vector>

namespace rankpool::task {

/// One callable of the program: a name for people and how to load it.
struct Entry {
    char const* name;
    std::unique_ptr<Program> (*load)(wire::Source& bound);
};

/// Every callable that the program's source sends anywhere. Filled before main, the same in every process
/// that runs the same executable; names are not unique between files, so a callable's id is its position.
class Table {
  public:
    FunctionId add(Entry entry);
    [[nodiscard]] std::span<Entry const> entries() const { return entries_; }

  private:
    std::vector<Entry> entries_;
};

Table& table();

/// Enters Owner::load into the table before main, by being mentioned.
template <class Owner>
struct Registration {
    static inline FunctionId const id = table().add({typeid(Owner).name(), &Owner::load});
};

/// A hash of the table, of where its functions lie and of the executable's build-id: two processes with the
/// same number run the same program, and mean the same function by an id.
std::uint64_t program_fingerprint();

}  // namespace rankpool::task
