// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/json_fields.hpp"

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

/// Json's functions call themselves for what is in a list.
constexpr int deepest = 32;

Json const* field(Json const& object, char const* name) {
    if (!object.is_object()) return nullptr;
    auto const found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Json> parse_object(std::string_view text) {
    bool is_deep = false;
    auto const keep = [&](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        is_deep |= depth > deepest;
        return depth <= deepest;
    };
    auto json = Json::parse(text, keep, false);
    if (is_deep || !json.is_object()) return std::nullopt;
    return json;
}

double number_in(Json const& object, char const* name) {
    auto const* const found = field(object, name);
    return found && found->is_number() ? found->get<double>() : 0;
}

std::int64_t whole_in(Json const& object, char const* name) {
    constexpr double largest = 9e18;
    return std::llround(std::clamp(number_in(object, name), -largest, largest));
}

std::string text_in(Json const& object, char const* name) {
    auto const* const found = field(object, name);
    return found && found->is_string() ? found->get<std::string>() : "";
}

Json const& list_in(Json const& object, char const* name) {
    static Json const none = Json::array();
    auto const* const found = field(object, name);
    return found && found->is_array() ? *found : none;
}

std::string dumped(Json const& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace rankpool::batch
