// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/last_words.hpp"

#include <algorithm>
#include <vector>

namespace rankpool::batch {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
constexpr std::size_t longest = 500;
constexpr std::size_t most_of_end = 64 * 1024;

std::string_view trimmed(std::string_view text) {
    auto const begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Letters, digits and all that is beyond ASCII.
bool has_word(std::string_view line) {
    return std::ranges::any_of(line, [](char letter) {
        auto const byte = static_cast<unsigned char>(letter);
        return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= 'a' && byte <= 'z');
    });
}

/// Of one sign, many times.
bool is_rule(std::string_view line) {
    constexpr std::size_t least = 5;
    return line.size() >= least && !has_word(line) &&
           line.find_first_not_of(line[0]) == std::string_view::npos;
}

/// The last lines of a text, without blanks around.
std::vector<std::string_view> last_lines(std::string_view text) {
    if (text.size() > most_of_end) text.remove_prefix(text.size() - most_of_end);
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find('\n', at), text.size());
        // What is after a carriage return is what a terminal shows.
        auto const line = trimmed(text.substr(at, end - at));
        lines.push_back(trimmed(line.substr(line.find_last_of('\r') + 1)));
        at = end + 1;
    }
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

/// The first paragraph in the frame that ends the text; empty where there is no frame.
std::string words_of_frame(std::vector<std::string_view> const& lines) {
    if (lines.empty() || !is_rule(lines.back())) return {};
    auto const end = lines.rbegin() + 1;
    auto const rule = std::find_if(end, lines.rend(), is_rule);
    if (rule == lines.rend()) return {};
    std::string words;
    for (auto line = rule.base(); line != lines.end() - 1; ++line) {
        if (line->empty() && !words.empty()) break;
        if (!line->empty()) words.append(words.empty() ? "" : " ").append(*line);
    }
    return has_word(words) ? words : std::string{};
}

std::string words_of(std::string_view text) {
    auto const lines = last_lines(text);
    if (auto words = words_of_frame(lines); !words.empty()) return words;
    auto const line = std::find_if(lines.rbegin(), lines.rend(), has_word);
    return line == lines.rend() ? std::string{} : std::string{*line};
}

}  // namespace

std::string last_words(std::string_view err, std::string_view out) {
    std::string words = words_of(err);
    if (words.empty()) words = words_of(out);
    if (words.size() > longest) words = words.substr(0, longest) + "...";
    return words;
}

}  // namespace rankpool::batch
