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
    std::vector<Endpoint*> endpoints;
    for (auto const& connection : connections) endpoints.push_back(&connection.endpoint());
    return pick(connections, wait_for_any(endpoints, deadline));
}

}  // namespace channel

/// Waits until a message, or the end, can be received from at least one of the connections, a range of one
/// type; returns all from which one can, as Python's multiprocessing.connection.wait.
template <std::ranges::forward_range Range>
auto wait(Range const& connections) {
    return channel::wait_until(connections, Deadline::never());
}
/// The same; none when the timeout has passed.
template <std::ranges::forward_range Range, class Rep, class Period>
auto wait(Range const& connections, std::chrono::duration<Rep, Period> timeout) {
    return channel::wait_until(connections, Deadline::after(timeout));
}

}  // namespace rankpool
