// SPDX-License-Identifier: MIT
#include "rankpool/link/ring.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/rank/frame_rules.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace {

namespace link = rankpool::link;
using rankpool::Address;

constexpr Address worker{rankpool::Rank{0}, rankpool::Slot{3}, rankpool::Generation{1}};
constexpr std::size_t capacity = 256 * 1024;

/// What a supervisor does with all that is in a ring.
void read_all(link::RingConsumer& ring) {
    for (std::size_t count = 0; count < capacity; ++count) {
        auto const frame = ring.next();
        if (!frame) break;
        try {
            rankpool::supervisor::require_workers_frame(frame->header, worker, 4);
            auto const results = frame->head<link::FrameKind::results>();
            rankpool::supervisor::require_records(frame->tail<link::FrameKind::results>(), results.count);
        } catch (link::Nonsense const&) {
            // Another frame may be right.
        }
        ring.release();
    }
}

}  // namespace

/// A worker that writes whatever it likes into its ring: the first bytes go over the positions or tell how
/// much is published, the others are frames, or none.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
    std::array<std::uint64_t, 3> words{};
    if (size < sizeof words) return 0;
    std::memcpy(words.data(), bytes, sizeof words);
    std::size_t const count = std::min(size - sizeof words, capacity);
    // Twice the ring, as it is mapped; on the heap, whose ends are watched.
    static std::vector<std::byte> data(2 * capacity);
    std::ranges::fill(data, std::byte{});
    std::memcpy(data.data(), bytes + sizeof words, count);
    std::memcpy(data.data() + capacity, data.data(), count);
    link::RingControl control;
    link::RingConsumer reader{control, data.data(), capacity};
    bool const are_positions_right = words[0] % 2 == 0;
    control.written = are_positions_right ? count / 8 * 8 : words[0];
    control.draft = words[1];
    try {
        read_all(reader);
        (void)reader.salvage();
        read_all(reader);
    } catch (link::Nonsense const&) {
    }
    link::RingControl answers;
    link::RingProducer writer{answers, data.data(), capacity};
    answers.released = words[2];
    std::array<std::byte, 1000> const answer{};
    try {
        while (writer.push({}, answer)) {
        }
    } catch (link::Nonsense const&) {
    }
    return 0;
}
