// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/channel_memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

namespace link = rankpool::link;
using link::ChannelRing;
using rankpool::Address;

constexpr std::uint64_t capacity = 256 * 1024;
/// Bytes of the head that only who opens it reads: what it is, and its secret.
constexpr std::size_t before_control = 64;

/// A queue in this process, with two who use it, and a third who writes where he should not.
class Queue {
  public:
    Queue() : memory_({1, 0, 8, capacity}) {
        void* const place = ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, memory_.fd(), 0);
        if (place == MAP_FAILED) std::abort();
        raw_ = static_cast<std::byte*>(place);
    }
    Queue(Queue const&) = delete;
    Queue& operator=(Queue const&) = delete;
    ~Queue() { ::munmap(raw_, bytes()); }

    void step(std::uint8_t what, std::uint64_t number) {
        auto& ring = memory_.ring(0);
        switch (what % 12) {
            case 0:
            case 1:
                (void)ring.put(putting_, who(1), std::span{piece_}.first(number % piece_.size()),
                               ChannelRing::whole);
                break;
            case 2:
                (void)ring.put(putting_, who(1), std::span{piece_}.first(number % piece_.size()),
                               static_cast<std::uint32_t>(number % 4));
                break;
            case 3:
            case 4:
                (void)ring.take(taking_, who(2), taken_);
                break;
            case 5:
                (void)ring.take_more(taking_, taken_);
                break;
            case 6:
                (void)ring.count_done();
                break;
            case 7:
                ring.leave_putters(putting_);
                ring.leave_takers(taking_);
                break;
            case 8:
                (void)ring.forget(who(number % 3).process);
                break;
            case 9:
                (void)ring.is_readable();
                (void)ring.may_put(putting_, number % capacity);
                (void)ring.may_take_more();
                break;
            default:
                scribble(number);
        }
        taken_.clear();
    }

  private:
    static std::size_t bytes() { return link::ChannelMemory::head_size(); }
    static link::Waiter who(std::uint64_t number) {
        static rankpool::WakeSocket const bell;
        return {Address{rankpool::Rank{0}, rankpool::Slot{static_cast<std::uint32_t>(number)},
                        rankpool::Generation{1}},
                bell.name()};
    }

    /// Over a word of the control, most often over one of its first, with a small number, or a wild one.
    void scribble(std::uint64_t number) {
        std::size_t const words = sizeof(link::ChannelControl) / 8;
        std::size_t const where = number % 8 == 0 ? number / 8 % words : number / 8 % 24;
        std::uint64_t const value = number % 3 == 0 ? ~number : number >> 32U;
        std::memcpy(raw_ + before_control + 8 * where, &value, sizeof value);
    }

    link::ChannelMemory memory_;
    std::byte* raw_ = nullptr;
    link::QueuePosition putting_;
    link::QueuePosition taking_;
    std::vector<std::byte> taken_;
    std::vector<std::byte> piece_ = std::vector<std::byte>(ChannelRing::piece_bytes);
};

}  // namespace

/// Any order of operations on a queue into whose memory somebody writes: each ends, and touches nothing else.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Queue queue;
    for (; size >= 9; data += 9, size -= 9) {
        std::uint64_t number = 0;
        std::memcpy(&number, data + 1, sizeof number);
        queue.step(data[0], number);
    }
    return 0;
}
