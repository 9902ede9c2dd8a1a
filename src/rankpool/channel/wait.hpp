// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/connection.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace rankpool {

namespace channel {

/// The elements at these positions.
template <class Range>
auto pick(Range& all, std::vector<std::size_t> const& positions) {
    std::vector<std::ranges::range_value_t<Range>> picked;
    for (std::size_t const position : positions) {
        picked.push_back(*std::next(std::ranges::begin(all), static_cast<std::ptrdiff_t>(position)));
    }
    return picked;
}

template <class Range>
auto wait_until(Range& connections, Deadline const& deadline) {
    std::vector<Waitable> things(std::ranges::begin(connections), std::ranges::end(connections));
    return pick(connections, worker::wait_for_any(things, deadline));
}

template <class Range>
concept Connections = std::ranges::forward_range<Range const> &&
    std::is_base_of_v<AnyConnection, std::ranges::range_value_t<Range const>>;

}  // namespace channel

/// Waits until a message, or the end, can be received from at least one of the connections, a range of one
/// type; returns all from which one can, as Python's multiprocessing.connection.wait.
template <channel::Connections Range>
auto wait(Range const& connections) {
    return channel::wait_until(connections, Deadline::never());
}
/// The same; none when the timeout has passed.
template <channel::Connections Range, class Rep, class Period>
auto wait(Range const& connections, std::chrono::duration<Rep, Period> timeout) {
    return channel::wait_until(connections, Deadline::after(timeout));
}

}  // namespace rankpool
