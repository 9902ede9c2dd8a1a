// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/objects/object.hpp"

#include <deque>
#include <optional>

namespace rankpool::objects {

/// A request that waits for its turn.
struct WaitingRequest {
    Address process;
    std::uint64_t number = 0;
    link::Waiting waiting{};
    std::int64_t amount = 0;
    link::ProcessName name{};
    Clock::time_point since = Clock::now();
};

/// Whole milliseconds from then until now.
inline std::int64_t milliseconds_since(Clock::time_point then) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - then).count();
}

/// Requests in order of arrival.
class RequestQueue {
  public:
    void join(Address from, link::SharedRequest const& request) {
        all_.push_back({from, request.number, request.waiting, request.first, request.name, Clock::now()});
    }
    /// That all of them wait for the object.
    void note(link::ChannelId object, link::ObjectKind kind, std::vector<link::HoldingNote>& notes) const {
        for (WaitingRequest const& waiter : all_) {
            notes.push_back({.object = object,
                             .kind = kind,
                             .waits = 1,
                             .process = waiter.process,
                             .amount = waiter.amount,
                             .milliseconds = milliseconds_since(waiter.since),
                             .name = waiter.name});
        }
    }
    [[nodiscard]] bool is_empty() const { return all_.empty(); }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::deque<WaitingRequest> const& all() const { return all_; }
    WaitingRequest take_first() {
        WaitingRequest const first = all_.front();
        all_.pop_front();
        return first;
    }
    /// Null where it does not wait.
    [[nodiscard]] WaitingRequest const* find(Address process, std::uint64_t number) const {
        for (WaitingRequest const& waiter : all_) {
            if (waiter.process == process && waiter.number == number) return &waiter;
        }
        return nullptr;
    }
    /// True if it has waited.
    bool remove(Address process, std::uint64_t number) {
        return std::erase_if(all_, [&](WaitingRequest const& waiter) {
                   return waiter.process == process && waiter.number == number;
               }) > 0;
    }
    /// The first of those that have ended, if any has; all of them wait no longer.
    std::optional<WaitingRequest> remove(Ended const& ended) {
        std::optional<WaitingRequest> found;
        std::erase_if(all_, [&](WaitingRequest const& waiter) {
            bool const is_gone = ended.is_gone(waiter.process);
            if (is_gone && !found) found = waiter;
            return is_gone;
        });
        return found;
    }

  private:
    std::deque<WaitingRequest> all_;
};

}  // namespace rankpool::objects
