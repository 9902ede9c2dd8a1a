// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/word_list.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rankpool::batch {
namespace {

std::string bytes_escaped(std::string const& word) {
    std::string text = "\"";
    for (char const letter : word) {
        auto const byte = static_cast<unsigned char>(letter);
        if (byte >= 0x80) {
            text += fmt::format("\\udc{:02x}", byte);
        } else {
            std::string const quoted = nlohmann::json(std::string(1, letter)).dump();
            text.append(quoted, 1, quoted.size() - 2);
        }
    }
    return text + '"';
}

std::string text_of_word(std::string const& word) {
    try {
        return nlohmann::json(word).dump();
    } catch (nlohmann::json::type_error const&) {
        return bytes_escaped(word);
    }
}

}  // namespace

std::string text_of_words(std::vector<std::string> const& words) {
    std::string text = "[";
    for (auto const& word : words) text.append(text.size() == 1 ? "" : ", ").append(text_of_word(word));
    return text + "]";
}

std::optional<std::vector<std::string>> words_in(std::string const& text) {
    auto const json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array()) return std::nullopt;
    std::vector<std::string> words;
    for (auto const& word : json) {
        if (!word.is_string()) return std::nullopt;
        words.push_back(word.get<std::string>());
    }
    return words;
}

std::string text_of_joined_words(std::string const& joined) {
    std::vector<std::string> words{""};
    for (char const letter : joined) {
        if (letter == ' ') {
            words.emplace_back();
        } else {
            words.back() += letter;
        }
    }
    return text_of_words(words);
}

}  // namespace rankpool::batch
