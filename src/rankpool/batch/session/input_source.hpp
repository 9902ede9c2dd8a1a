// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/recorded_run.hpp"
#include "rankpool/batch/store/key.hpp"
#include "rankpool/task/random_stream.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <utility>

namespace rankpool::batch {

/// An input on its way, and what is known of it.
template <class Input>
struct Item {
    std::int64_t task = 0;
    Claim before;
    unsigned failures = 0;            ///< in this session
    unsigned not_begun = 0;           ///< of these, because of the node and not the task
    unsigned memory_failures = 0;     ///< of these, for its memory
    std::uint64_t failed_memory = 0;  ///< bytes that it had at the first of them
    Clock::time_point next_try{};     ///< it is not to begin before
    std::string text;                 ///< the input in short, once it has been told
    Input input{};
};

/// Walks a job's inputs once, leaving out what need not be done, and reads some ahead, so that it is known
/// whether there are more. With `--shuffle` they come in random order, out of a window of inputs.
template <class Range>
class InputSource {
  public:
    using Input = std::ranges::range_value_t<Range>;

    InputSource(Range range, RecordedRun& run)
        : range_(std::move(range)), run_(run), shuffles_(run.settings().shuffle) {
        if constexpr (std::ranges::sized_range<Range>) {
            run_.expect(std::ranges::size(range_));
        } else if constexpr (requires { range_.expected(); }) {
            run_.expect(range_.expected());
        } else {
            run_.expect(std::nullopt);
        }
    }

    /// Inputs that `next` gives without reading: about as many as are wanted, if reading them is quick; none
    /// only where there are no more, or the range waits for some. What it throws waits for `next`.
    std::size_t available(std::uint64_t wanted) {
        if (!waits()) fill(wanted);
        return ahead_.size();
    }
    /// True if nothing is there but more may come.
    [[nodiscard]] bool waits() const { return !ended_ && ahead_.empty() && !is_ready(); }
    /// True if the range has thrown, which `next` will tell when all that came before has been given.
    [[nodiscard]] bool is_broken() const { return error_ != nullptr; }

    /// `tell` is called with each input that is left out, in their order.
    void tell_of_passed_over(std::function<void(Item<Input> const&)> tell) { tell_ = std::move(tell); }

    /// Throws what the range throws, after what came before.
    std::optional<Item<Input>> next() {
        fill(1);
        if (ahead_.empty() && error_) std::rethrow_exception(std::exchange(error_, {}));
        if (ahead_.empty()) return std::nullopt;
        // Modulo is biased by less than 1e-14.
        if (shuffles_) std::swap(ahead_[random_() % ahead_.size()], ahead_.front());
        Item<Input> item = std::move(ahead_.front());
        ahead_.pop_front();
        return item;
    }

  private:
    static constexpr std::uint64_t shuffle_window = 100'000;
    static constexpr std::uint64_t most_ahead = 512;
    /// A stream that comes slowly must not hold up what is there.
    static constexpr std::chrono::microseconds patience{200};

    [[nodiscard]] bool is_ready() const {
        if constexpr (requires { range_.is_ready(); }) {
            return range_.is_ready();
        } else {
            return true;
        }
    }

    void fill(std::uint64_t wanted) {
        std::uint64_t const target = shuffles_ ? shuffle_window : std::min(wanted, most_ahead);
        auto const start = Clock::now();
        while (!ended_ && ahead_.size() < target) {
            if (run_.is_over()) return;
            bool const has_waited = Clock::now() - start > patience || !is_ready();
            if (!shuffles_ && !ahead_.empty() && has_waited) return;
            try {
                read();
            } catch (StoreError const&) {
                throw;
            } catch (...) {
                error_ = std::current_exception();
                ended_ = true;
            }
        }
    }

    void read() {
        if (!run_.wants_more_inputs()) {
            ended_ = true;
            return run_.end_inputs(false);
        }
        // Only now, since it may throw, and wait for what comes in.
        if (position_) {
            ++*position_;
        } else {
            position_.emplace(std::ranges::begin(range_));
        }
        if (*position_ == std::ranges::end(range_)) {
            ended_ = true;
            return run_.end_inputs(true);
        }
        Item<Input> item;
        item.task = static_cast<std::int64_t>(run_.tally().inputs);
        item.input = **position_;
        item.before = run_.claim(key_of_input(item.input, run_.seed(), scratch_));
        bool const again = item.before.state == Claim::State::failed && run_.settings().retry_failed;
        if (again || item.before.state == Claim::State::open) {
            ahead_.push_back(std::move(item));
        } else if (tell_) {
            tell_(item);
        }
    }

    Range range_;
    RecordedRun& run_;
    std::optional<std::ranges::iterator_t<Range>> position_;
    wire::BufferSink scratch_;
    std::deque<Item<Input>> ahead_;
    std::function<void(Item<Input> const&)> tell_;
    bool shuffles_;
    bool ended_ = false;
    std::exception_ptr error_;
    decltype(random_stream(0, 0)) random_ = random_stream(0, 0);
};

}  // namespace rankpool::batch
