// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/words/placeholder.hpp"
#include "rankpool/batch/words/shell_text.hpp"

#include <string>
#include <variant>
#include <vector>

namespace rankpool::batch {

/// What is done with braces that are no placeholders but look like one.
enum class UnknownBraces { kept, refused };

/// A word of a command with the placeholders in it. `{{name}}` of a placeholder stands for `{name}`, `{:::}`
/// for `:::`; other braces stay as they are, `${...}` always.
class WordTemplate {
  public:
    WordTemplate() = default;
    /// Throws InputError where a name in braces is a letter away from a column's, or `{}` says nothing.
    WordTemplate(std::string const& word, Placeholder::Columns const& columns,
                 UnknownBraces unknown = UnknownBraces::kept);

    [[nodiscard]] bool has_placeholders() const;
    [[nodiscard]] bool needs_number() const;
    /// It is not the same for all rows of a worker.
    [[nodiscard]] bool needs_row() const;

    /// The word. Several values of `{}` stand with blanks between.
    [[nodiscard]] std::string fill(Filling const& filling) const;
    /// The same for all that a word may be: `{}` alone is a word for each value.
    void append_to(std::vector<std::string>& words, Filling const& filling) const;
    /// As a shell's text, in which each value is quoted as its place needs it. Throws InputError where it
    /// stands where none can.
    [[nodiscard]] std::string fill_for_shell(Filling const& filling) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& pieces_;
    }

  private:
    std::vector<std::variant<std::string, Placeholder>> pieces_;
};

}  // namespace rankpool::batch
