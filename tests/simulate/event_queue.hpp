// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace rankpool::simulate {

/// What is going to happen, in the order of its time; what is due at the same time in the order of posting.
template <class Time, class What>
class EventQueue {
  public:
    void post(Time at, What const& what) { events_.push({at, posted_++, what}); }
    [[nodiscard]] bool empty() const { return events_.empty(); }
    [[nodiscard]] std::uint64_t posted() const { return posted_; }

    /// The next one, and when it happens.
    std::pair<Time, What> take() {
        Event const& event = events_.top();
        std::pair<Time, What> const next{event.at, event.what};
        events_.pop();
        return next;
    }

  private:
    struct Event {
        Time at;
        std::uint64_t number;
        What what;

        bool operator>(Event const& other) const {
            return at != other.at ? at > other.at : number > other.number;
        }
    };

    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::uint64_t posted_ = 0;
};

}  // namespace rankpool::simulate
