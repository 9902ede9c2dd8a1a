// SPDX-License-Identifier: MIT
#include "rankpool/batch/words/word_template.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/nearest_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

bool is_name(std::string const& text) {
    return !text.empty() && std::ranges::all_of(text, [](char letter) {
        bool const is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        bool const is_digit = letter >= '0' && letter <= '9';
        return is_letter || is_digit || letter == '_' || letter == '-' || letter == '.' ||
               static_cast<unsigned char>(letter) >= 0x80;
    });
}

/// What is between braces that are closed, from `at` on; nothing where they hold others.
std::optional<std::string> body_at(std::string const& word, std::size_t at) {
    auto const end = word.find_first_of("{}", at + 1);
    if (end == std::string::npos || word[end] == '{') return std::nullopt;
    return word.substr(at + 1, end - at - 1);
}

/// A name that looks like a column's, but for a letter; empty where the braces are no name.
std::string likely_name(std::string const& body, Placeholder::Columns const& columns) {
    bool const is_number = body.find_first_not_of("0123456789") == std::string::npos;
    return is_name(body) && !is_number ? name_one_letter_away(body, columns.names) : "";
}

void refuse_unknown(std::string const& word, std::string const& body, Placeholder::Columns const& columns,
                    UnknownBraces unknown) {
    auto const nearest = likely_name(body, columns);
    if (!is_name(body)) return;
    if (nearest.empty() && unknown == UnknownBraces::kept) return;
    throw InputError(fmt::format("cannot fill in {} (there is no column '{}'{}). There is {}.", word, body,
                                 nearest.empty() ? "" : "; did you mean {" + nearest + "}?",
                                 fmt::join(columns.names, ", ")));
}

}  // namespace

WordTemplate::WordTemplate(std::string const& word, Placeholder::Columns const& columns,
                           UnknownBraces unknown) {
    std::string text;
    for (std::size_t at = 0; at < word.size();) {
        auto const body = word[at] == '{' ? body_at(word, at) : std::nullopt;
        bool const is_shells = at > 0 && word[at - 1] == '$';
        bool const is_doubled = at > 0 && word[at - 1] == '{' && body && word[at + body->size() + 2] == '}';
        if (!body) {
            text += word[at++];
            continue;
        }
        std::size_t const end = at + body->size() + 2;
        auto placeholder = is_shells ? std::nullopt : Placeholder::parse(*body, columns);
        bool const is_mark = body->starts_with(":::") && body->find_first_not_of(':') == std::string::npos;
        if (is_doubled && (placeholder || !likely_name(*body, columns).empty())) {
            // The first of the two braces is there already.
            text.back() = '{';
            text += *body + '}';
            at = end + 1;
        } else if (is_mark && body->size() <= 4) {
            text += *body;
            at = end;
        } else if (placeholder) {
            pieces_.emplace_back(std::exchange(text, {}));
            pieces_.emplace_back(*std::move(placeholder));
            at = end;
        } else {
            if (!is_shells) refuse_unknown(word, *body, columns, unknown);
            text += word.substr(at, end - at);
            at = end;
        }
    }
    pieces_.emplace_back(std::move(text));
}

bool WordTemplate::has_placeholders() const {
    return pieces_.size() > 1;
}

bool WordTemplate::needs_number() const {
    return std::ranges::any_of(pieces_, [](auto const& piece) {
        auto const* placeholder = std::get_if<Placeholder>(&piece);
        return placeholder && placeholder->needs_number();
    });
}

bool WordTemplate::needs_row() const {
    return std::ranges::any_of(pieces_, [](auto const& piece) {
        auto const* placeholder = std::get_if<Placeholder>(&piece);
        return placeholder && placeholder->needs_row();
    });
}

std::string WordTemplate::fill(Filling const& filling) const {
    std::string word;
    for (auto const& piece : pieces_) {
        if (auto const* placeholder = std::get_if<Placeholder>(&piece)) {
            word += fmt::format("{}", fmt::join(placeholder->fill(filling), " "));
        } else {
            word += std::get<std::string>(piece);
        }
    }
    return word;
}

void WordTemplate::append_to(std::vector<std::string>& words, Filling const& filling) const {
    auto const is_empty = [](auto const& piece) {
        auto const* text = std::get_if<std::string>(&piece);
        return text && text->empty();
    };
    bool const is_alone = pieces_.size() == 3 && is_empty(pieces_[0]) && is_empty(pieces_[2]);
    if (!is_alone) return words.push_back(fill(filling));
    auto more = std::get<Placeholder>(pieces_[1]).fill(filling);
    words.insert(words.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string WordTemplate::fill_for_shell(Filling const& filling) const {
    std::string text;
    ShellReader reader;
    for (auto const& piece : pieces_) {
        if (auto const* plain = std::get_if<std::string>(&piece)) {
            reader.read(*plain);
            text += *plain;
            continue;
        }
        std::string const* separator = nullptr;
        std::string const blank = " ";
        for (auto const& value : std::get<Placeholder>(piece).fill(filling)) {
            if (auto const problem = reader.problem(value); !problem.empty()) {
                throw InputError(
                    fmt::format("cannot quote a value for the shell ({}). Give it before, as x={{}}, "
                                "and write \"$x\"?",
                                problem));
            }
            if (separator) text += *separator;
            separator = &blank;
            text += quoted_within(reader.place(), value);
            reader.read_value();
        }
    }
    return text;
}

}  // namespace rankpool::batch
