// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rankpool::batch {

// Reading JSON that anybody may have written: nothing here throws, whatever stands in it.

/// Nothing where the text is no JSON object, or lists and objects lie too deep in each other.
std::optional<nlohmann::ordered_json> parse_object(std::string_view text);

/// The field of an object as what it should be; 0, "" or an empty list where it is not there or something
/// else.
double number_in(nlohmann::ordered_json const& object, char const* name);
/// The nearest whole number.
std::int64_t whole_in(nlohmann::ordered_json const& object, char const* name);
std::string text_in(nlohmann::ordered_json const& object, char const* name);
nlohmann::ordered_json const& list_in(nlohmann::ordered_json const& object, char const* name);

/// As UTF-8 whatever the texts are.
std::string dumped(nlohmann::ordered_json const& json, int indent);

}  // namespace rankpool::batch
