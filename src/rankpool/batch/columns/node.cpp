// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/node.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/utf8.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <utility>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

/// What walks through a node goes down with it.
constexpr std::size_t most_levels = 200;

std::string to_hex(std::string const& bytes) {
    constexpr auto digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (char const byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4U];
        text += digits[static_cast<unsigned char>(byte) & 15U];
    }
    return text;
}

std::optional<unsigned> digit(char letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return std::nullopt;
}

std::optional<std::string> from_hex(std::string const& digits) {
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        auto const high = digit(digits[i]);
        auto const low = digit(digits[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>(*high * 16 + *low);
    }
    return bytes;
}

Json json_of(Value const& value) {
    struct Visitor {
        Json operator()(std::monostate) const { return nullptr; }
        Json operator()(std::int64_t number) const { return number; }
        Json operator()(double number) const {
            if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
            return number;  // not a number is written as null
        }
        Json operator()(std::string const& text) const {
            if (is_utf8(text)) return text;
            return Json{{"hex", to_hex(text)}};
        }
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

/// Builds a node from what the parser finds.
class NodeBuilder : public nlohmann::json_sax<Json> {
  public:
    Node take() { return std::move(root_); }

    bool null() override { return add({}); }
    bool boolean(bool value) override { return add(std::int64_t{value}); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override {
        if (!std::in_range<std::int64_t>(value)) return add(static_cast<double>(value));
        return add(static_cast<std::int64_t>(value));
    }
    bool number_float(number_float_t value, string_t const& /*text*/) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return open(Node::Kind::object); }
    bool start_array(std::size_t /*size*/) override { return open(Node::Kind::list); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        name_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t /*at*/, std::string const& /*token*/,
                     nlohmann::detail::exception const& /*error*/) override {
        return false;
    }

  private:
    Node& place() {
        if (open_.empty()) return root_;
        Node& child = open_.back()->children.emplace_back();
        child.name = std::exchange(name_, {});
        return child;
    }
    bool add(Value value) {
        place().value = std::move(value);
        return true;
    }
    bool open(Node::Kind kind) {
        if (open_.size() == most_levels) return false;
        Node& node = place();
        node.kind = kind;
        open_.push_back(&node);
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    Node root_;
    std::vector<Node*> open_;  ///< none of them gets a sibling before it is closed
    std::string name_;
};

/// A list of numbers that are bytes.
std::optional<Bytes> bytes_in(std::vector<Node> const& list) {
    Bytes bytes;
    bytes.reserve(list.size());
    for (auto const& item : list) {
        auto const* number = std::get_if<std::int64_t>(&item.value);
        if (!number || *number < 0 || *number > 255) return std::nullopt;
        bytes.push_back(static_cast<std::byte>(*number));
    }
    return bytes;
}

}  // namespace

std::string to_json(Node const& node) {
    return json_of(node).dump();
}

std::string to_json(Value const& value) {
    return json_of(value).dump();
}

Node from_json(std::string const& text) {
    NodeBuilder builder;
    if (!Json::sax_parse(text, &builder)) {
        throw SerializationError(
            "cannot read a stored list (it is no JSON, or nested too deep). Has the database been edited?");
    }
    return builder.take();
}

std::optional<Value> scalar_in(Node const& node) {
    if (node.kind == Node::Kind::value) return node.value;
    if (node.kind == Node::Kind::object) return text_in(node);
    return bytes_in(node.children);
}

std::optional<std::string> text_in(Node const& node) {
    if (auto const* text = std::get_if<std::string>(&node.value)) return *text;
    if (node.children.size() != 1 || node.children.front().name != "hex") return std::nullopt;
    auto const* digits = std::get_if<std::string>(&node.children.front().value);
    return digits ? from_hex(*digits) : std::nullopt;
}

}  // namespace rankpool::batch
