// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/field_archive.hpp"
#include "rankpool/batch/columns/node.hpp"
#include "rankpool/batch/columns/scalar.hpp"
#include "rankpool/core/error.hpp"

#include <array>
#include <ranges>
#include <tuple>

namespace rankpool::batch {

template <class T>
Node node_of(T const& value);
template <class T>
void read_node(Node const& node, T& value);

namespace detail {

template <class T>
concept IsTuple = requires {
    std::tuple_size<T>::value;
};

class NodeWriter : public FieldArchive<NodeWriter, true> {
  public:
    explicit NodeWriter(Node& node) : node_(node) { node_.kind = Node::Kind::object; }

    template <class T>
    void field(char const* name, T& value) {
        node_.children.push_back(node_of(value));
        node_.children.back().name = name;
    }

  private:
    Node& node_;
};

class NodeReader : public FieldArchive<NodeReader, false> {
  public:
    explicit NodeReader(Node const& node) : node_(node) {}

    template <class T>
    void field(char const* name, T& value) {
        for (auto const& child : node_.children) {
            if (child.name == name) return read_node(child, value);
        }
        throw SerializationError("cannot read a stored list (its items have no " + std::string{name} +
                                 "). Has the job changed?");
    }

  private:
    Node const& node_;
};

}  // namespace detail

/// The value, with all that it is made of.
template <class T>
Node node_of(T const& value) {
    Node node;
    if constexpr (IsScalar<T>) {
        node.value = Scalar<T>::store(value);
    } else if constexpr (std::ranges::input_range<T const>) {
        node.kind = Node::Kind::list;
        for (auto const& item : value) {
            node.children.push_back(node_of<std::ranges::range_value_t<T>>(item));
        }
    } else if constexpr (detail::IsTuple<T>) {
        node.kind = Node::Kind::list;
        std::apply([&](auto const&... item) { (node.children.push_back(node_of(item)), ...); }, value);
    } else {
        detail::NodeWriter{node}.visit(value);
    }
    return node;
}

/// The value that node_of was given. Throws SerializationError where the node is none of such a value.
template <class T>
void read_node(Node const& node, T& value) {
    if constexpr (std::is_const_v<T>) {
        read_node(node, const_cast<std::remove_const_t<T>&>(value));  // a map's key, being built
    } else if constexpr (IsScalar<T>) {
        if constexpr (std::floating_point<T>) {
            auto const* text = std::get_if<std::string>(&node.value);
            if (text && (*text == "inf" || *text == "-inf")) {
                value = std::numeric_limits<T>::infinity() * (*text == "inf" ? T{1} : T{-1});
                return;
            }
        }
        auto const scalar = scalar_in(node);
        if (!scalar) {
            throw SerializationError("cannot read a stored list (it has a list where a value should be)");
        }
        value = Scalar<T>::load(*scalar);
    } else if constexpr (detail::IsTuple<T>) {
        std::size_t next = 0;
        if (node.children.size() != std::tuple_size_v<T>) {
            throw SerializationError("cannot read a stored list (it has too many or too few items)");
        }
        auto const child = [&]() -> Node const& { return node.children[next++]; };
        std::apply([&](auto&... item) { (read_node(child(), item), ...); }, value);
    } else if constexpr (std::ranges::input_range<T>) {
        value.clear();
        for (auto const& child : node.children) {
            std::ranges::range_value_t<T> item{};
            read_node(child, item);
            value.insert(value.end(), std::move(item));
        }
    } else {
        detail::NodeReader{node}.visit(value);
    }
}

}  // namespace rankpool::batch
