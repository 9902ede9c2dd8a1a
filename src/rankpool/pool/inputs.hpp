// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/range_traits.hpp"

#include <concepts>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
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

/// Walks a call's inputs once, asks for each element once and for none before the last is done with, and
/// keeps those that are wanted again: where they lie if they stay there, else as values. Must not move.
template <class Range>
class Inputs {
  public:
    using Iterator = std::ranges::iterator_t<Range>;
    using Value = std::ranges::range_value_t<Range>;
    using Reference = std::ranges::range_reference_t<Range>;

    explicit Inputs(Range&& range) : holder_(std::forward<Range>(range)) {}

    std::optional<std::uint64_t> total() {
        if constexpr (std::ranges::sized_range<Range>) {
            return std::ranges::size(holder_.get());
        } else if constexpr (std::forward_iterator<Iterator>) {
            return static_cast<std::uint64_t>(std::ranges::distance(holder_.get()));
        } else {
            return std::nullopt;
        }
    }

    bool has_input() {
        if (current_) return true;
        if (ended_) return false;
        ended_ = !go_on() || *position_ == std::ranges::end(holder_.get());
        if (ended_) return false;
        if constexpr (are_referred_to) {
            current_.emplace(std::addressof(**position_));
        } else {
            current_.emplace(**position_);
        }
        return true;
    }

    Value const& current() const { return value_of(*current_); }

    void advance(std::uint64_t task, bool keep) {
        if (keep) {
            if constexpr (std::is_same_v<Kept, Value> && are_referred_to) {
                kept_.emplace(task, **current_);
            } else {
                kept_.emplace(task, std::move(*current_));
            }
        }
        current_.reset();
    }

    [[nodiscard]] bool has_kept() const { return !kept_.empty(); }
    Value const& kept(std::uint64_t task) const { return value_of(kept_.at(task)); }
    void drop_kept(std::uint64_t task) { kept_.erase(task); }
    void drop_all_kept() { kept_.clear(); }

  private:
    using Pointer = std::add_pointer_t<Reference>;
    static constexpr bool are_referred_to = std::is_lvalue_reference_v<Reference>;
    using Current = std::conditional_t<are_referred_to, Pointer, Value>;
    // What a view refers to may be another thing at the next element.
    static constexpr bool stay_in_place =
        are_referred_to && (ReadsAtOnce<Range> || !std::copy_constructible<Value>);
    using Kept = std::conditional_t<stay_in_place, Pointer, Value>;

    static Value const& value_of(Value const& value) { return value; }
    static Value const& value_of(Value const* value) { return *value; }

    /// Comes to the next element; false if it is known without asking the range that there is none.
    bool go_on() {
        if (!position_) {
            position_.emplace(std::ranges::begin(holder_.get()));
            if constexpr (std::ranges::sized_range<Range>) left_ = std::ranges::size(holder_.get());
            return true;
        }
        if constexpr (std::ranges::sized_range<Range>) {
            if (left_ <= 1) return false;
            --left_;
        } else {
            if (is_at_last<std::remove_cvref_t<Range>>(*position_)) return false;
        }
        ++*position_;
        return true;
    }

    Holder<Range> holder_;
    std::optional<Iterator> position_;
    std::uint64_t left_ = 0;  ///< from the position on, where the range knows
    bool ended_ = false;
    std::optional<Current> current_;
    std::map<std::uint64_t, Kept> kept_;
};

}  // namespace rankpool::pool
