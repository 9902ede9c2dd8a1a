// SPDX-License-Identifier: MIT
#include "rankpool/batch/node.hpp"

#include "rankpool/core/error.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(Value const& value) {
    struct Visitor {
        Json operator()(std::monostate) const { return nullptr; }
        Json operator()(std::int64_t number) const { return number; }
        Json operator()(double number) const {
            if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
            return number;  // not a number is written as null
        }
        Json operator()(std::string const& text) const { return text; }
        Json operator()(Bytes const& bytes) const {
            Json list = Json::array();
            for (auto const byte : bytes) list.push_back(std::to_integer<int>(byte));
            return list;
        }
    };
    return std::visit(Visitor{}, value);
}

Json json_of(Node const& node) {
    if (node.kind == Node::Kind::value) return json_of(node.value);
    bool const is_list = node.kind == Node::Kind::list;
    Json json = is_list ? Json::array() : Json::object();
    for (auto const& child : node.children) {
        if (is_list) {
            json.push_back(json_of(child));
        } else {
            json[child.name] = json_of(child);
        }
    }
    return json;
}

Node node_of(Json const& json) {
    Node node;
    if (json.is_array() || json.is_object()) {
        node.kind = json.is_array() ? Node::Kind::list : Node::Kind::object;
        for (auto const& item : json.items()) {
            node.children.push_back(node_of(item.value()));
            if (json.is_object()) node.children.back().name = item.key();
        }
    } else if (json.is_string()) {
        node.value = json.get<std::string>();
    } else if (json.is_boolean()) {
        node.value = std::int64_t{json.get<bool>()};
    } else if (json.is_number_integer()) {
        node.value = json.get<std::int64_t>();
    } else if (json.is_number()) {
        node.value = json.get<double>();
    }
    return node;
}

}  // namespace

std::string to_json(Node const& node) {
    return json_of(node).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Node from_json(std::string const& text) {
    Json const json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) {
        throw SerializationError("cannot read a stored list (it is no JSON). Has the database been edited?");
    }
    return node_of(json);
}

}  // namespace rankpool::batch
