// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/word_template.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace rankpool::batch {

WordTemplate::WordTemplate(std::string const& word, std::vector<std::string> const& columns) {
    std::string text;
    for (std::size_t at = 0; at < word.size(); ++at) {
        char const letter = word[at];
        bool const is_brace = letter == '{' || letter == '}';
        if (is_brace && at + 1 < word.size() && word[at + 1] == letter)
            ++at;
        else if (letter == '{') {
            auto const end = word.find('}', at);
            if (end == std::string::npos) {
                throw InputError(
                    fmt::format("cannot fill in {} (a brace is not closed). Write {{{{ for a brace?", word));
            }
            std::string const name = word.substr(at + 1, end - at - 1);
            auto const column = std::ranges::find(columns, name);
            if (column == columns.end()) {
                throw InputError(fmt::format("cannot fill in {} (there is no column '{}'). There is {}.",
                                             word, name, fmt::join(columns, ", ")));
            }
            pieces_.emplace_back(std::exchange(text, {}));
            pieces_.emplace_back(static_cast<std::size_t>(column - columns.begin()));
            at = end;
            continue;
        }
        text += letter;
    }
    pieces_.emplace_back(std::move(text));
}

std::string WordTemplate::fill(std::vector<std::string> const& fields) const {
    std::string word;
    for (auto const& piece : pieces_) {
        if (auto const* column = std::get_if<std::size_t>(&piece)) {
            word += fields.at(*column);
        } else {
            word += std::get<std::string>(piece);
        }
    }
    return word;
}

}  // namespace rankpool::batch
