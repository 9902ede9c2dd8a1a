// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace rankpool::batch {

/// A word of a command in which `{name}` stands for the column of that name of a row; `{{` and `}}` stand for
/// braces.
class WordTemplate {
  public:
    WordTemplate() = default;
    /// Throws InputError where there is no such column, or a brace is not closed.
    WordTemplate(std::string const& word, std::vector<std::string> const& columns);

    [[nodiscard]] std::string fill(std::vector<std::string> const& fields) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& pieces_;
    }

  private:
    /// Text as it is, or the number of a column.
    std::vector<std::variant<std::string, std::size_t>> pieces_;
};

}  // namespace rankpool::batch
