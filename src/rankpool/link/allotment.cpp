// SPDX-License-Identifier: MIT
#include "rankpool/link/allotment.hpp"

#include "rankpool/protocol/nonsense.hpp"

#include <algorithm>

namespace rankpool::link {

Allotment::View Allotment::view_of(std::uint64_t word) {
    return {static_cast<std::uint16_t>(word >> 48U), static_cast<std::uint32_t>(word >> 24U) & most,
            static_cast<std::uint32_t>(word) & most};
}

std::uint64_t Allotment::word_of(View const& view) {
    return std::uint64_t{view.number} << 48U | std::uint64_t{view.begun} << 24U | view.end;
}

bool Allotment::turn_to(View& view, std::uint16_t number, std::uint32_t whole) {
    if (view.number == number) {
        if (view.begun > view.end || view.end > whole) refuse("a batch of which more is begun than there is");
        return true;
    }
    // Numbers begin again after the last, and the word is never far behind.
    if (static_cast<std::int16_t>(static_cast<std::uint16_t>(number - view.number)) < 0) return false;
    view = {number, 0, whole};
    return true;
}

/// Of batches that its worker has not come to, none is begun.
void Allotment::require_untouched(View const& later) {
    if (later.begun != 0) refuse("a batch that is begun, which its worker has not come to");
}

bool Allotment::begin(std::uint16_t number, std::uint32_t whole, std::uint32_t index) {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (true) {
        View view = view_of(word);
        if (!turn_to(view, number, whole)) {
            require_untouched(view);
            return false;
        }
        if (index < view.begun) return true;
        if (index >= view.end) return false;
        view.begun = index + 1;
        if (word_.compare_exchange_weak(word, word_of(view), std::memory_order_acq_rel)) return true;
    }
}

std::uint32_t Allotment::begin_until(std::uint16_t number, std::uint32_t whole, std::uint32_t end) {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (true) {
        View view = view_of(word);
        if (!turn_to(view, number, whole)) {
            require_untouched(view);
            return 0;
        }
        end = std::min(end, view.end);
        view.begun = std::max(view.begun, end);
        if (word_.compare_exchange_weak(word, word_of(view), std::memory_order_acq_rel)) return end;
    }
}

Allotment::Piece Allotment::take_back(std::uint16_t number, std::uint32_t whole, std::uint32_t shares) {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (true) {
        View view = view_of(word);
        if (!turn_to(view, number, whole)) return {};
        std::uint32_t const left = view.end - view.begun;
        std::uint32_t const kept = shares == 0 ? 0 : left / shares;
        if (left == kept) return {};
        Piece const piece{view.begun + kept, left - kept};
        view.end = piece.first;
        if (word_.compare_exchange_weak(word, word_of(view), std::memory_order_acq_rel)) return piece;
    }
}

}  // namespace rankpool::link
