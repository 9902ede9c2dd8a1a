// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A list of words as one text, different for different lists: JSON. The bytes of a word that is not UTF-8
/// become `\udc80` to `\udcff`, which no text has, as in Python.
std::string text_of_words(std::vector<std::string> const& words);

/// The words of such a text. Nothing where it is none, or has bytes of words that are not UTF-8.
std::optional<std::vector<std::string>> words_in(std::string const& text);

/// The text of the list that earlier versions wrote with blanks between the words, if no word had a blank.
std::string text_of_joined_words(std::string const& joined);

}  // namespace rankpool::batch
