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
    void post(Time at, What const& what) {
        std::uint32_t place = 0;
        if (free_.empty()) {
            place = static_cast<std::uint32_t>(whats_.size());
            whats_.push_back(what);
        } else {
            place = free_.back();
            free_.pop_back();
            whats_[place] = what;
        }
        events_.push({at, posted_++, place});
    }
    [[nodiscard]] bool empty() const { return events_.empty(); }
    [[nodiscard]] std::uint64_t posted() const { return posted_; }

    /// The next one, and when it happens.
    std::pair<Time, What> take() {
        Event const event = events_.top();
        events_.pop();
        free_.push_back(event.place);
        return {event.at, whats_[event.place]};
    }

  private:
    /// Small, since the queue moves them about.
    struct Event {
        Time at;
        std::uint64_t number;
        std::uint32_t place;

        bool operator>(Event const& other) const {
            return at != other.at ? at > other.at : number > other.number;
        }
    };

    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    std::vector<What> whats_;
    std::vector<std::uint32_t> free_;
    std::uint64_t posted_ = 0;
};

}  // namespace rankpool::simulate
