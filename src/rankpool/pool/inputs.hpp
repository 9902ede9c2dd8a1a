// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <ranges>
#include <type_traits>

namespace rankpool::pool {

/// A range that is borrowed from the caller (lvalue) or owned (rvalue).
template <class Range>
class Holder {
  public:
    explicit Holder(Range&& range) : range_(std::move(range)) {}
    Range& get() { return range_; }

  private:
    Range range_;
};
template <class Range>
class Holder<Range&> {
  public:
    explicit Holder(Range& range) : range_(&range) {}
    Range& get() { return *range_; }

  private:
    Range* range_;
};

/// Walks a call's inputs once, and keeps those that are wanted again: as iterators where the range can be
/// walked again, as values where it cannot. Each element of a range of the latter kind is read once. Must not
/// move.
template <class Range>
class Inputs {
  public:
    using Iterator = std::ranges::iterator_t<Range>;
    using Value = std::ranges::range_value_t<Range>;
    static constexpr bool walks_again = std::forward_iterator<Iterator>;
    using Kept = std::conditional_t<walks_again, Iterator, Value>;

    explicit Inputs(Range&& range) : holder_(std::forward<Range>(range)) {}

    std::optional<std::uint64_t> total() {
        if constexpr (std::ranges::sized_range<Range>) {
            return std::ranges::size(holder_.get());
        } else if constexpr (walks_again) {
            return static_cast<std::uint64_t>(std::ranges::distance(holder_.get()));
        } else {
            return std::nullopt;
        }
    }

    bool has_input() {
        if (!position_) position_.emplace(std::ranges::begin(holder_.get()));
        return *position_ != std::ranges::end(holder_.get());
    }

    decltype(auto) current() {
        if constexpr (walks_again) {
            return **position_;
        } else {
            if (!value_) value_.emplace(**position_);
            return static_cast<Value const&>(*value_);
        }
    }

    void advance(std::uint64_t task, bool keep) {
        if constexpr (walks_again) {
            if (keep) kept_.emplace(task, *position_);
        } else {
            if (keep) kept_.emplace(task, std::move(*value_));
            value_.reset();
        }
        ++*position_;
    }

    decltype(auto) kept(std::uint64_t task) {
        if constexpr (walks_again) {
            return *kept_.at(task);
        } else {
            return static_cast<Value const&>(kept_.at(task));
        }
    }
    void drop_kept(std::uint64_t task) { kept_.erase(task); }

  private:
    struct Nothing {};

    Holder<Range> holder_;
    std::optional<Iterator> position_;
    [[no_unique_address]] std::conditional_t<walks_again, Nothing, std::optional<Value>> value_;
    std::map<std::uint64_t, Kept> kept_;
};

}  // namespace rankpool::pool
