// SPDX-License-Identifier: MIT
#include "rankpool/objects/lock_words.hpp"

#include "rankpool/core/error.hpp"

#include <new>

namespace rankpool::objects {

std::optional<std::uint32_t> LockWords::take() {
    if (!free_.empty()) {
        std::uint32_t const index = free_.back();
        free_.pop_back();
        return index;
    }
    if (used_ == most) return std::nullopt;
    try {
        if (!memory_) memory_ = std::make_unique<link::SharedMemory>(most * sizeof(link::LockWord));
    } catch (Error const&) {
        return std::nullopt;
    }
    return used_++;
}

void LockWords::give_back(std::uint32_t index) {
    word(index)->let_go();
    free_.push_back(index);
}

link::LockWord* LockWords::word(std::uint32_t index) const {
    // The memory is zeroed, and a word is nothing but a number.
    return reinterpret_cast<link::LockWord*>(memory_->bytes().data()) + index;
}

std::uint32_t LockWords::token_of(Address process) {
    auto const [known, is_new] = tokens_.try_emplace(process);
    if (is_new) {
        known->second =
            processes_.empty() ? 1 : processes_.rbegin()->first % link::LockWord::largest_token + 1;
        while (processes_.contains(known->second))
            known->second = known->second % link::LockWord::largest_token + 1;
        processes_[known->second] = process;
    }
    return known->second;
}

std::optional<Address> LockWords::process_of(std::uint32_t token) const {
    auto const known = processes_.find(token);
    return known == processes_.end() ? std::nullopt : std::optional{known->second};
}

void LockWords::forget(Ended const& ended) {
    std::erase_if(tokens_, [&](auto const& entry) {
        if (!ended.is_gone(entry.first)) return false;
        processes_.erase(entry.second);
        return true;
    });
}

}  // namespace rankpool::objects
