// SPDX-License-Identifier: MIT
#include "rankpool/batch/words/shell_text.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

bool is_in(char letter, std::string_view letters) {
    return letters.find(letter) != std::string_view::npos;
}

/// No shell sees more in it than its letters, also within $((...)).
bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char letter) {
        bool const is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
        return is_letter || is_in(letter, "0123456789_./+-,:@%");
    });
}

}  // namespace

void ShellReader::read(std::string_view text) {
    for (char const letter : text) {
        if (is_escaped_) {
            is_escaped_ = false;
        } else if (in_comment_) {
            in_comment_ = letter != '\n';
        } else if (letter == '\\' && (places_.back() != ShellPlace::single_quotes || in_dollar_quotes_)) {
            is_escaped_ = true;
        } else if (places_.back() == ShellPlace::single_quotes) {
            if (letter == '\'') {
                places_.pop_back();
                in_dollar_quotes_ = false;
            }
        } else if (letter == '`') {
            in_backticks_ = !in_backticks_;
        } else if (letter == '(' && before_ == '$') {
            places_.push_back(ShellPlace::plain);
            parentheses_.push_back(0);
        } else if (places_.back() == ShellPlace::double_quotes) {
            if (letter == '"') places_.pop_back();
        } else {
            read_plain(letter);
        }
        before_ = letter;
    }
}

void ShellReader::read_plain(char letter) {
    if (letter == '\'') {
        places_.push_back(ShellPlace::single_quotes);
        in_dollar_quotes_ = before_ == '$';
    }
    if (letter == '"') places_.push_back(ShellPlace::double_quotes);
    if (letter == '#' && is_in(before_, " \t\n;&|(")) in_comment_ = true;
    if (letter == '<' && before_ == '<' && here_document_ == HereDocument::none) {
        here_document_ = HereDocument::announced;
    }
    if (letter == '\n' && here_document_ == HereDocument::announced) here_document_ = HereDocument::begun;
    if (letter == '(') ++parentheses_.back();
    if (letter != ')') return;
    if (parentheses_.back() > 0) {
        --parentheses_.back();
    } else if (parentheses_.size() > 1) {
        parentheses_.pop_back();
        places_.pop_back();
    }
}

std::string ShellReader::problem() const {
    if (is_escaped_) return "a backslash before it";
    if (in_backticks_) return "it stands in `...`, for which there is $(...)";
    if (in_dollar_quotes_) return "it stands in $'...'";
    if (here_document_ == HereDocument::begun) return "it stands in or after a here-document";
    return {};
}

std::string quoted_within(ShellPlace place, std::string_view value) {
    if (place == ShellPlace::plain && is_plain(value)) return std::string{value};
    std::string text;
    for (char const letter : value) {
        if (place == ShellPlace::comment) {
            text += letter == '\n' ? ' ' : letter;
        } else if (place == ShellPlace::double_quotes) {
            if (is_in(letter, "\\\"$`")) text += '\\';
            text += letter;
        } else if (letter == '\'') {
            text += "'\\''";
        } else {
            text += letter;
        }
    }
    return place == ShellPlace::plain ? "'" + text + "'" : text;
}

}  // namespace rankpool::batch
