// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/wire/codec.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace rankpool::task {

/// Reduces values in a binary tree that is fixed by their indices, so that the result depends on the values
/// and their number and on nothing else: not on which worker had which batch, nor on who was first. The node
/// (level, position) stands for the values [position * 2^level, (position + 1) * 2^level).
template <class T, class Op>
class ReductionTree {
  public:
    explicit ReductionTree(Op op = Op{}) : op_(std::move(op)) {}

    /// Takes a node, in any order, and merges it with all its siblings that are there. Throws what op throws;
    /// the tree is then useless until clear().
    void add(std::uint32_t level, std::uint64_t position, T value) {
        Node node{level, position, std::move(value)};
        auto place = nodes_.end();
        if (!nodes_.empty() && node.begin() < nodes_.back().begin()) {
            place = std::lower_bound(nodes_.begin(), nodes_.end(), node.begin(),
                                     [](Node const& n, std::uint64_t begin) { return n.begin() < begin; });
        }
        merge_around(nodes_.insert(place, std::move(node)));
    }

    /// The reduction of all that was added, which must be the values [0, n); nothing when n is 0. A node
    /// without a right sibling takes its parent's place. Leaves the tree empty. Throws Error where a value is
    /// missing or there twice.
    std::optional<T> finish() {
        if (nodes_.empty()) return std::nullopt;
        while (nodes_.size() > 1 || nodes_.back().position != 0) {
            Node& last = nodes_.back();
            if (last.position % 2 == 0) {
                ++last.level;
                last.position /= 2;
            } else {
                if (nodes_.size() == 1 || !are_siblings(*(nodes_.end() - 2), last)) throw_incomplete();
                merge(nodes_.end() - 2);
            }
            if (nodes_.back().level >= most_levels) throw_incomplete();
        }
        std::optional<T> result{std::move(nodes_.back().value)};
        clear();
        return result;
    }

    void clear() { nodes_.clear(); }

    /// Writes all nodes: u32 count, then u32 level, u64 position and value of each.
    void encode(wire::Sink& sink) const {
        wire::encode(sink, static_cast<std::uint32_t>(nodes_.size()));
        for (Node const& node : nodes_) {
            wire::encode(sink, node.level);
            wire::encode(sink, node.position);
            wire::encode(sink, node.value);
        }
    }

    /// Adds all nodes that encode() wrote, or none if the source ends or breaks before their end.
    void decode(wire::Source& source) {
        std::vector<Node> all;
        for (auto count = wire::decode<std::uint32_t>(source); count > 0; --count) {
            auto const level = wire::decode<std::uint32_t>(source);
            auto const position = wire::decode<std::uint64_t>(source);
            if (level >= most_levels) throw_incomplete();
            all.push_back({level, position, wire::decode<T>(source)});
        }
        for (Node& node : all) add(node.level, node.position, std::move(node.value));
    }

  private:
    /// More values than could ever be counted.
    static constexpr std::uint32_t most_levels = 64;

    struct Node {
        std::uint32_t level;
        std::uint64_t position;
        T value;

        [[nodiscard]] std::uint64_t begin() const { return position << level; }
    };
    using NodeIterator = typename std::vector<Node>::iterator;

    [[noreturn]] static void throw_incomplete() {
        throw Error("cannot finish a reduction (a part of it is missing or there twice)");
    }
    static bool are_siblings(Node const& left, Node const& right) {
        return left.level == right.level && left.position % 2 == 0 && left.position + 1 == right.position;
    }

    void merge_around(NodeIterator node) {
        while (true) {
            if (node + 1 != nodes_.end() && are_siblings(*node, *(node + 1))) {
                node = merge(node);
            } else if (node != nodes_.begin() && are_siblings(*(node - 1), *node)) {
                node = merge(node - 1);
            } else {
                return;
            }
        }
    }

    /// Puts the parent in the place of a node and the one after it.
    NodeIterator merge(NodeIterator left) {
        NodeIterator const right = left + 1;
        left->value = static_cast<T>(op_(std::move(left->value), std::move(right->value)));
        ++left->level;
        left->position /= 2;
        return nodes_.erase(right) - 1;
    }

    Op op_;
    std::vector<Node> nodes_;  // sorted by begin()
};

}  // namespace rankpool::task
