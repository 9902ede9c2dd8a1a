// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_script.hpp"
#include "rankpool/batch/launch/script_words.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace batch = rankpool::batch;

void require(bool holds) {
    if (!holds) __builtin_trap();
}

/// What bash makes of `$'...'`, of which \xHH, \\ and \' are used; `text` begins behind the first quote, and
/// goes on behind the last.
std::string take_escaped(std::string_view& text) {
    std::string word;
    while (!text.empty() && text.front() != '\'') {
        if (text.front() != '\\') {
            word += text.front();
            text.remove_prefix(1);
        } else if (text.at(1) == 'x') {
            word += static_cast<char>(std::stoi(std::string{text.substr(2, 2)}, nullptr, 16));
            text.remove_prefix(4);
        } else {
            require(text[1] == '\\' || text[1] == '\'');
            word += text[1];
            text.remove_prefix(2);
        }
    }
    require(!text.empty());
    text.remove_prefix(1);
    return word;
}

/// The word as bash reads it.
std::string word_of(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_^";
    std::string word;
    while (!text.empty()) {
        if (text.starts_with("$'")) {
            text.remove_prefix(2);
            word += take_escaped(text);
        } else if (text.front() == '\'') {
            auto const end = text.find('\'', 1);
            require(end != std::string_view::npos);
            word += text.substr(1, end - 1);
            text.remove_prefix(end + 1);
        } else if (text.starts_with("\\'")) {
            word += '\'';
            text.remove_prefix(2);
        } else {
            require(plain.find(text.front()) != std::string_view::npos);
            word += text.front();
            text.remove_prefix(1);
        }
    }
    return word;
}

}  // namespace

/// Whatever words a run has, in a batch script each is one word of one line, the same to the last byte.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view rest{reinterpret_cast<char const*>(data), size};
    std::vector<std::string> words;
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\0'), rest.size());
        words.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    for (auto const& word : words) {
        auto const text = batch::quoted_for_shell(word);
        require(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
        require(word_of(text) == word);
    }
    auto const usual =
        batch::batch_script({&batch::slurm(), "pi", {"rankpool"}, {}, {"run"}, "/rankpool", "/run", ""});
    auto const script =
        batch::batch_script({&batch::slurm(), "pi", words, {}, words, "/rankpool", "/run", ""});
    require(std::ranges::count(script, '\n') == std::ranges::count(usual, '\n'));
    return 0;
}
