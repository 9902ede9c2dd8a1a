// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/key.hpp"
#include "rankpool/batch/recorded_run.hpp"
#include "rankpool/task/random_stream.hpp"

#include <exception>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// An input on its way, and what is known of it.
template <class Input>
struct Item {
    std::int64_t task = 0;
    Claim before;
    unsigned failures = 0;  ///< in this session
    Clock::time_point handed_out{};
    Input input{};
};

/// Walks a job's inputs once, leaving out what need not be done. Reads one ahead, so that the end is known
/// with the last one. With `--shuffle` they come in random order, out of a window of inputs.
template <class Range>
class InputSource {
  public:
    using Input = std::ranges::range_value_t<Range>;

    InputSource(Range range, RecordedRun& run) : range_(std::move(range)), run_(run) {
        if constexpr (std::ranges::sized_range<Range>) {
            run_.expect(std::ranges::size(range_));
        } else {
            run_.expect(std::nullopt);
        }
        if (run_.settings().shuffle) window_ = shuffle_window;
    }

    /// True if `next` will give nothing more.
    bool is_exhausted() {
        fill();
        return ended_ && ahead_.empty() && !error_;
    }

    /// Throws what the range throws, after what came before.
    std::optional<Item<Input>> next() {
        fill();
        if (ahead_.empty() && error_) std::rethrow_exception(std::exchange(error_, {}));
        if (ahead_.empty()) return std::nullopt;
        // Modulo is biased by less than 1e-14.
        std::size_t const which = window_ > 1 ? random_() % ahead_.size() : 0;
        std::swap(ahead_[which], ahead_.back());
        Item<Input> item = std::move(ahead_.back());
        ahead_.pop_back();
        return item;
    }

  private:
    static constexpr std::size_t shuffle_window = 100'000;

    void fill() {
        while (!ended_ && ahead_.size() < window_) {
            if (run_.is_over()) return;
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
        if (again || item.before.state == Claim::State::open) ahead_.push_back(std::move(item));
    }

    Range range_;
    RecordedRun& run_;
    std::optional<std::ranges::iterator_t<Range>> position_;
    wire::BufferSink scratch_;
    std::vector<Item<Input>> ahead_;
    std::size_t window_ = 1;
    bool ended_ = false;
    std::exception_ptr error_;
    decltype(random_stream(0, 0)) random_ = random_stream(0, 0);
};

}  // namespace rankpool::batch
