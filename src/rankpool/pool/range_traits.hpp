// SPDX-License-Identifier: MIT
#pragma once

#include <iterator>
#include <ranges>
#include <type_traits>

namespace rankpool::pool {

template <class Range>
inline constexpr bool is_iota = false;
template <class Number, class Bound>
inline constexpr bool is_iota<std::ranges::iota_view<Number, Bound>> = std::is_arithmetic_v<Number>;

/// None of the user's code is called to walk it: memory, a standard container, a row of numbers.
template <class Range>
concept ReadsAtOnce = std::ranges::contiguous_range<Range> || is_iota<std::remove_cvref_t<Range>> ||
    (std::ranges::forward_range<Range>&&
         std::is_lvalue_reference_v<std::ranges::range_reference_t<Range>>&& requires {
             typename std::remove_cvref_t<Range>::allocator_type;
         });

/// It says by its type that it has no end.
template <class Range>
concept Endless = std::same_as<std::ranges::sentinel_t<Range>, std::unreachable_sentinel_t>;

template <class Iterator>
inline constexpr bool is_counted = false;
template <class Iterator>
inline constexpr bool is_counted<std::counted_iterator<Iterator>> = true;

template <class Range>
struct TransformedFrom {
    using type = void;
};
template <class View, class Function>
struct TransformedFrom<std::ranges::transform_view<View, Function>> {
    using type = View;
};

/// True at the last element of a `take`, behind which another `++` would read one too many.
template <class Range, class Iterator>
bool is_at_last(Iterator const& position) {
    using Base = typename TransformedFrom<Range>::type;
    if constexpr (is_counted<Iterator>) {
        return position.count() <= 1;
    } else if constexpr (!std::is_void_v<Base>) {
        return is_at_last<Base>(position.base());
    } else {
        return false;
    }
}

}  // namespace rankpool::pool
