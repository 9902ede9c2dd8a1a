// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"

#include <map>

namespace rankpool::objects {

/// Semaphore and BoundedSemaphore. A process holds as many units as it has acquired and not released; they
/// come back when it fails, and do not when it ends with exit code 0.
class SemaphoreObject : public Object {
  public:
    enum class Kind { free, bounded };
    static constexpr std::int64_t most_units = 0x7fffffff;
    SemaphoreObject(Replies& replies, link::ChannelId id, Kind kind, std::int64_t units);

    void on_request(Address from, link::SharedRequest const& request,
                    std::span<std::byte const> tail) override;
    void processes_ended(Ended const& ended) override;

    void note_holdings(std::vector<link::HoldingNote>& notes) const override;

  private:
    struct Held {
        std::int64_t units = 0;
        link::ProcessName name{};
        Clock::time_point since = Clock::now();  ///< the first of them
    };

    void acquire(Address from, link::SharedRequest const& request);
    void release(Address from, link::SharedRequest const& request);
    void grant(Address to, std::uint64_t number, link::ProcessName const& name);
    void grant_all();

    Kind kind_;
    std::int64_t units_;
    std::int64_t bound_;
    std::map<Address, Held> held_;
    RequestQueue waiting_;
};

}  // namespace rankpool::objects
