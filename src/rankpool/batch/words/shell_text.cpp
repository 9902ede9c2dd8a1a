// SPDX-License-Identifier: MIT
#include "rankpool/batch/words/shell_text.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

bool is_in(char letter, std::string_view letters) {
    return letters.find(letter) != std::string_view::npos;
}

bool is_alphanumeric(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

/// No shell sees more in it than its letters.
bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char letter) {
        return is_alphanumeric(letter) || is_in(letter, "_./+-,:@%");
    });
}

/// A name is no number, though a shell would take it for what its variable holds.
bool is_number(std::string_view value) {
    if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
    return !value.empty() && is_in(value.front(), "0123456789") &&
           std::ranges::all_of(value, [](char letter) { return is_alphanumeric(letter) || letter == '.'; });
}

/// For a letter that means nothing, as one that is escaped.
constexpr char some_letter = 'x';

}  // namespace

ShellPlace ShellReader::place() const {
    if (in_comment_) return ShellPlace::comment;
    if (levels_.back().within == Within::single_quotes) return ShellPlace::single_quotes;
    if (levels_.back().within == Within::double_quotes) return ShellPlace::double_quotes;
    return ShellPlace::plain;
}

void ShellReader::read(std::string_view text) {
    for (char const letter : text) read_letter(letter);
}

void ShellReader::read_value() {
    before_ = some_letter;
    word_ = some_letter;
}

void ShellReader::read_letter(char letter) {
    if (is_escaped_) return read_escaped(letter);
    Within const within = levels_.back().within;
    char const before = before_;
    bool const after_two_dollars = after_two_dollars_;
    after_two_dollars_ = letter == '$' && before == '$';
    before_ = letter;
    if (in_comment_) {
        if (letter == '\n') end_line();
    } else if (within == Within::single_quotes) {
        // Not every shell knows $'...', and to the others it is no escape.
        if (letter == '\\' && in_dollar_quotes_) lose("it stands after $'...' with a backslash");
        if (letter == '\'') leave();
    } else if (in_backticks_ && is_in(letter, "\\'\"()#<")) {
        // A shell reads their text twice.
        lose("it stands in or after `...` with quotes or the like, for which there is $(...)");
    } else if (letter == '\\') {
        before_ = before;
        is_escaped_ = true;
    } else if (after_two_dollars && is_in(letter, "({['\"")) {
        // Whether the second begins something, shells do not agree.
        lose("it stands after $$ with brackets or quotes");
    } else if (letter == '`') {
        in_backticks_ = !in_backticks_;
    } else if (before == '$' && letter == '(') {
        enter(Within::plain);
    } else if (before == '$' && letter == '{') {
        enter(Within::braces);
    } else if (before == '$' && letter == '[') {
        lose("it stands in or after $[...], for which there is $((...))");
    } else if (within == Within::double_quotes) {
        if (letter == '"') leave();
    } else {
        read_unquoted(letter, before);
    }
}

void ShellReader::read_escaped(char letter) {
    is_escaped_ = false;
    // To a shell neither of the two is there.
    if (letter == '\n') {
        if (before_ == '$') lose("it stands after a $ at the end of a line");
        return;
    }
    before_ = some_letter;
    word_ += some_letter;
}

void ShellReader::read_unquoted(char letter, char before) {
    Level const level = levels_.back();
    bool const is_quote = letter == '\'' || letter == '"';
    if (is_quote && level.is_in_quotes) {
        // Shells differ in what they are there.
        return lose(level.within == Within::braces ? "it stands in or after ${...} with quotes"
                                                   : "it stands in or after ((...)) with quotes");
    }
    if (letter == '\'') {
        in_dollar_quotes_ = before == '$';
        return enter(Within::single_quotes);
    }
    if (letter == '"') return enter(Within::double_quotes);
    if (level.within == Within::braces) {
        // In bash it begins a command.
        if (before == '{' && is_in(letter, " \t\n|")) lose("it stands in or after ${ ...}");
        if (letter == '}') leave();
        return;
    }
    read_command(letter, before);
}

void ShellReader::read_command(char letter, char before) {
    if (is_in(letter, " \t\n;&|()<>")) {
        // Its patterns end with a parenthesis that nothing has opened.
        if (word_ == "case" && levels_.size() > 1)
            lose("it stands after case in $(...), which is not followed");
        word_.clear();
    } else {
        word_ += letter;
    }
    if (letter == '[' && (subscripts_ > 0 || is_alphanumeric(before) || before == '_')) ++subscripts_;
    if (letter == ']' && subscripts_ > 0) --subscripts_;
    if (letter == '#' && is_in(before, ")<>")) lose("it stands after a # that may begin a comment");
    if (letter == '#' && is_in(before, " \t\n;&|(")) {
        in_comment_ = true;
        if (levels_.back().within == Within::arithmetic) lose("it stands in or after ((...)) with a #");
    }
    if (letter == '<' && before == '<' && here_document_ == HereDocument::none) {
        here_document_ = HereDocument::announced;
    }
    if (letter == '\n') end_line();
    if (letter == '(') open(before);
    if (letter == ')') close();
}

void ShellReader::open(char before) {
    Level& level = levels_.back();
    if (before == '(' && level.within == Within::plain) return enter(Within::arithmetic);
    ++level.parentheses;
}

void ShellReader::close() {
    Level& level = levels_.back();
    if (level.parentheses > 0) {
        --level.parentheses;
    } else if (levels_.size() > 1) {
        leave();
        before_ = some_letter;
    }
}

void ShellReader::end_line() {
    in_comment_ = false;
    if (here_document_ == HereDocument::announced) here_document_ = HereDocument::begun;
}

void ShellReader::enter(Within within) {
    Level const& outer = levels_.back();
    bool const is_in_quotes =
        within == Within::arithmetic ||
        (within == Within::braces && (outer.within == Within::double_quotes || outer.is_in_quotes));
    levels_.push_back({within, 0, is_in_quotes});
    word_.clear();
}

void ShellReader::leave() {
    levels_.pop_back();
    in_dollar_quotes_ = false;
    word_ = some_letter;
}

void ShellReader::lose(std::string_view why) {
    if (lost_.empty()) lost_ = why;
}

std::string ShellReader::problem(std::string_view value) const {
    if (!lost_.empty()) return lost_;
    if (is_escaped_) return "a backslash before it";
    if (in_backticks_) return "it stands in `...`, for which there is $(...)";
    if (in_dollar_quotes_) return "it stands in $'...'";
    if (here_document_ == HereDocument::begun) return "it stands in or after a here-document";
    if (in_comment_) return {};
    Within const within = levels_.back().within;
    if (within == Within::braces) return "it stands in ${...}";
    if (subscripts_ > 0) return "it stands in [...] after a name";
    if (within == Within::arithmetic && !is_number(value)) return "it stands in ((...)) and is no number";
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
