// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace rankpool::link {

/// Which tasks of a batch its worker may still begin: the worker begins them from the front, its supervisor
/// takes them back from the end, and each is had by one of the two. It lies in the memory of a link, begins
/// zeroed, and serves one batch after the other, each with the next number, from 1. A worker may be told of a
/// batch after all of it has been taken back, and a supervisor may ask for one that is over.
class Allotment {
  public:
    /// Tasks of a batch: no more can be counted.
    static constexpr std::uint32_t most = (1U << 24U) - 1;

    /// For the worker: true if it is to run the task at `index`, from 0, of the batch's `whole`; false for
    /// good where that has been taken back. The tasks before it have been begun. This, like the others,
    /// throws Nonsense where somebody has written here who should not.
    bool begin(std::uint16_t number, std::uint32_t whole, std::uint32_t index);
    /// For the worker: begins all that is left before `end`, and returns where that ends. One at least has
    /// begun.
    std::uint32_t begin_until(std::uint16_t number, std::uint32_t whole, std::uint32_t end);

    /// Tasks from `first` on.
    struct Piece {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    /// For the supervisor: takes back what has not begun but for one of `shares` equal parts, rounded down.
    /// Nothing comes back when all has begun.
    Piece take_back(std::uint16_t number, std::uint32_t whole, std::uint32_t shares);

  private:
    struct View {
        std::uint16_t number = 0;
        std::uint32_t begun = 0;
        std::uint32_t end = 0;
    };
    static View view_of(std::uint64_t word);
    static std::uint64_t word_of(View const& view);
    /// Makes the word speak of batch `number`; false where it speaks of a later one.
    static bool turn_to(View& view, std::uint16_t number, std::uint32_t whole);
    static void require_untouched(View const& later);

    std::atomic<std::uint64_t> word_{0};
};

}  // namespace rankpool::link
