// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/request_queue.hpp"
#include "rankpool/objects/store_object.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace rankpool::objects {

/// Items by keys, of which the smallest by its bytes goes first, the older of two that are equal. An item
/// that has been given to a process is kept until that has said that it has it: it goes back to its place
/// where the process ends before.
class PriorityQueueObject : public StoreObject {
  public:
    /// 0: no bound.
    PriorityQueueObject(Replies& replies, link::ChannelId id, std::uint64_t most_items,
                        std::uint64_t most_bytes)
        : StoreObject(replies, id, 0), most_items_(most_items), most_bytes_(most_bytes) {}

    void processes_ended(Ended const& ended) override;

  private:
    struct Position {
        Bytes key;
        std::uint64_t arrival = 0;  ///< the how many-th item it was

        bool operator<(Position const& other) const {
            if (BytesLess{}(key, other.key)) return true;
            return !BytesLess{}(other.key, key) && arrival < other.arrival;
        }
    };
    struct Item {
        Position place;
        Bytes value;
    };
    struct Putter {
        Address process;
        std::uint64_t number = 0;
        Item item;
    };

    void on_whole(Address from, link::SharedRequest const& request, Bytes bytes) override;
    void put(Address from, link::SharedRequest const& request, Bytes const& bytes);
    void get(Address from, link::SharedRequest const& request);
    void poll(Address from, link::SharedRequest const& request);
    void taken(Address from, link::SharedRequest const& request);
    void give_up(Address from, std::uint64_t number);
    void keep(Item item);
    void give_first(Address to, std::uint64_t number);
    void serve();
    [[nodiscard]] bool has_room(Item const& item) const;

    std::uint64_t most_items_;
    std::uint64_t most_bytes_;
    std::uint64_t bytes_ = 0;
    std::uint64_t arrived_ = 0;
    std::map<Position, Bytes> items_;
    std::map<std::pair<Address, std::uint64_t>, Item> given_;  ///< by the request, until it is taken
    RequestQueue getters_;
    RequestQueue pollers_;
    std::deque<Putter> putters_;
};

}  // namespace rankpool::objects
