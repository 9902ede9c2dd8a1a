// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/async_result.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <vector>

namespace rankpool {

/// What `wait` for results waits for, as in Python's concurrent.futures.
enum class When {
    first_completed,  ///< until one of the calls has ended
    first_exception,  ///< until one has failed, which a cancelled one has not, or all have ended
    all_completed,    ///< until all have ended
};

/// Positions of results, ascending: of those whose calls have ended in whatever way, and of the others.
struct WaitResult {
    std::vector<std::size_t> done;
    std::vector<std::size_t> not_done;
};

namespace pool {

using Calls = std::vector<std::shared_ptr<Call const>>;

/// Throws UsageError where the wait is in the inputs of a call that it waits for.
WaitResult wait_for_calls(Calls const& calls, When when, Deadline const& deadline);

/// Gives the positions of calls in the order in which they end.
class CompletionOrder {
  public:
    CompletionOrder(Calls calls, Deadline deadline);
    /// The next, waited for; nothing when all have been given. Throws TimeoutError after the deadline.
    std::optional<std::size_t> next();

  private:
    void gather();

    Calls calls_;
    Deadline deadline_;
    std::vector<std::size_t> pending_;
    std::deque<std::size_t> ended_;
};

template <class T>
inline constexpr bool is_async_result = false;
template <class R>
inline constexpr bool is_async_result<AsyncResult<R>> = true;

template <class Range>
Calls calls_of(Range const& results) {
    Calls calls;
    for (auto const& result : results) calls.push_back(result.call());
    return calls;
}

}  // namespace pool

/// A range of results of calls, of any pools.
template <class Range>
concept AsyncResults =
    std::ranges::input_range<Range const> && pool::is_async_result<std::ranges::range_value_t<Range const>>;

/// Waits for calls to end, as `when` says. Throws no call's error.
template <AsyncResults Range>
WaitResult wait(Range const& results, When when = When::all_completed) {
    return pool::wait_for_calls(pool::calls_of(results), when, Deadline::never());
}
template <class R>
WaitResult wait(std::initializer_list<AsyncResult<R>> results, When when) {
    return pool::wait_for_calls(pool::calls_of(results), when, Deadline::never());
}
/// The same; tells what there is when the timeout has passed.
template <AsyncResults Range, class Rep, class Period>
WaitResult wait(Range const& results, When when, std::chrono::duration<Rep, Period> timeout) {
    return pool::wait_for_calls(pool::calls_of(results), when, Deadline::after(timeout));
}
template <class R, class Rep, class Period>
WaitResult wait(std::initializer_list<AsyncResult<R>> results, When when,
                std::chrono::duration<Rep, Period> timeout) {
    return pool::wait_for_calls(pool::calls_of(results), when, Deadline::after(timeout));
}
template <AsyncResults Range, class Rep, class Period>
WaitResult wait(Range const& results, std::chrono::duration<Rep, Period> timeout) {
    return wait(results, When::all_completed, timeout);
}

/// Positions of results in the order in which their calls end, each once: an input range that is walked once
/// and waits for the next; those that have ended before come first.
class CompletionRange {
  public:
    explicit CompletionRange(pool::CompletionOrder order)
        : order_(std::make_unique<pool::CompletionOrder>(std::move(order))) {}

    class Iterator {
      public:
        using value_type = std::size_t;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(pool::CompletionOrder& order) : order_(&order), current_(order.next()) {}
        std::size_t operator*() const { return *current_; }
        Iterator& operator++() {
            current_ = order_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t /*end*/) {
            return !i.current_.has_value();
        }

      private:
        pool::CompletionOrder* order_ = nullptr;
        std::optional<std::size_t> current_;
    };

    Iterator begin() { return Iterator{*order_}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  private:
    std::unique_ptr<pool::CompletionOrder> order_;
};

template <AsyncResults Range>
CompletionRange as_completed(Range const& results) {
    return CompletionRange{pool::CompletionOrder{pool::calls_of(results), Deadline::never()}};
}
/// The same; throws TimeoutError when so much time has passed since this call and not all have ended.
template <AsyncResults Range, class Rep, class Period>
CompletionRange as_completed(Range const& results, std::chrono::duration<Rep, Period> timeout) {
    return CompletionRange{pool::CompletionOrder{pool::calls_of(results), Deadline::after(timeout)}};
}

}  // namespace rankpool
