// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace rankpool::batch {

/// Why bytes that a file begins with are no UTF-8 text, and what to do about it.
struct ForeignContent {
    std::string what;        ///< "UTF-16 text"; empty where nothing speaks against it
    std::string suggestion;  ///< a sentence
};

/// Names text in UTF-16 and UTF-32, by its byte order mark or by the zeros between its letters.
ForeignContent foreign_text(std::string_view start);

/// Names compressed files and archives by what they begin with. gzip is one of them.
ForeignContent compressed(std::string_view start);

/// True for what gzip begins its files with.
bool is_gzip(std::string_view start);

/// UTF-8's byte order mark.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace rankpool::batch
