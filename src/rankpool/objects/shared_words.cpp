// SPDX-License-Identifier: MIT
#include "rankpool/objects/shared_words.hpp"

#include "rankpool/core/error.hpp"

#include <unistd.h>

#include <algorithm>
#include <new>

namespace rankpool::objects {

std::optional<std::uint32_t> SharedWords::take() {
    if (free_.size() > most_resting || (used_ == most && !free_.empty())) {
        std::uint32_t const index = free_.front();
        free_.pop_front();
        clear(index);
        return index;
    }
    if (used_ == most) return std::nullopt;
    try {
        if (!memory_) memory_ = std::make_unique<link::SharedMemory>(most * link::word_distance);
    } catch (Error const&) {
        return std::nullopt;
    }
    return used_++;
}

void SharedWords::give_back(std::uint32_t index) {
    clear(index);
    free_.push_back(index);
}

/// When it is given back, and once more before it is given: who lives on may have changed it meanwhile.
void SharedWords::clear(std::uint32_t index) const {
    std::fill_n(place(index), link::ValueCell::size, std::byte{0});
}

std::byte* SharedWords::place(std::uint32_t index) const {
    return memory_->bytes().data() + std::size_t{index} * link::word_distance;
}

link::WordPlace SharedWords::told_place() const {
    return {::getpid(), memory_->fd(), memory_->secret()};
}

std::uint32_t SharedWords::token_of(Address process, link::ProcessName const& name) {
    auto const [known, is_new] = tokens_.try_emplace(process);
    if (is_new) {
        known->second =
            processes_.empty() ? 1 : processes_.rbegin()->first % link::LockWord::largest_token + 1;
        while (processes_.contains(known->second))
            known->second = known->second % link::LockWord::largest_token + 1;
        processes_[known->second] = {process, name};
    }
    return known->second;
}

std::optional<Address> SharedWords::process_of(std::uint32_t token) const {
    auto const known = processes_.find(token);
    return known == processes_.end() ? std::nullopt : std::optional{known->second.address};
}

link::ProcessName SharedWords::name_of(std::uint32_t token) const {
    auto const known = processes_.find(token);
    return known == processes_.end() ? link::ProcessName{} : known->second.name;
}

void SharedWords::forget(Ended const& ended) {
    std::erase_if(tokens_, [&](auto const& entry) {
        if (!ended.is_gone(entry.first)) return false;
        processes_.erase(entry.second);
        return true;
    });
}

}  // namespace rankpool::objects
