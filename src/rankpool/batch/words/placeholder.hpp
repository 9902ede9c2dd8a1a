// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/std_types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a command is filled in with.
struct Filling {
    std::vector<std::string> const& fields;
    std::int64_t number = 1;  ///< of the task, from 1
    unsigned slot = 1;        ///< of the worker, from 1
};

/// What stands in a command for something of a row:
///
///     {column} {1}            a field, by its name or its number
///     {}                      the values, of lists that have no names; the field where there is one only
///     {#} {%}                 the task's number, the worker's slot
///     {.} {/} {//} {/.}       a path without its extension, without its folders, its folder alone, and both
///                             taken away; {column.}, {1/} and so on as well
///     {column|basename}       also dirname, stem, noext, ext, upper, lower; several one after the other
///     {column:.3f}            a number as Python's format writes it, a text with :>8s
class Placeholder {
  public:
    enum class What { field, values, number, slot };

    Placeholder() = default;
    /// The columns that a placeholder can name.
    struct Columns {
        std::vector<std::string> names;
        std::vector<std::size_t> values;  ///< those that `{}` stands for
    };

    /// What is between braces; nothing where that is no placeholder, and is to be left as it is. Throws
    /// InputError where it can only be meant as one, and is wrong.
    static std::optional<Placeholder> parse(std::string const& body, Columns const& columns);

    /// Texts: of `{}` as many as there are values. Throws InputError where a number is to be written and
    /// there is none.
    [[nodiscard]] std::vector<std::string> fill(Filling const& filling) const;
    [[nodiscard]] bool needs_number() const { return what_ == What::number; }
    /// It is not the same for all rows of a worker.
    [[nodiscard]] bool needs_row() const { return what_ != What::slot; }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& what_& columns_& filters_& format_& name_;
    }

  private:
    static std::optional<Placeholder> parse(std::string const& body, Columns const& columns,
                                            bool may_have_format);
    bool take_name(std::string const& name, Columns const& columns);
    bool take_path_letters(std::string& body);
    bool take_format(std::string const& format);
    [[nodiscard]] std::string shaped(std::string text) const;

    What what_ = What::field;
    std::vector<std::size_t> columns_;
    std::vector<std::string> filters_;
    std::string format_;
    std::string name_;  ///< for messages
};

}  // namespace rankpool::batch
