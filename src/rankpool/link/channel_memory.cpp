// SPDX-License-Identifier: MIT
#include "rankpool/link/channel_memory.hpp"

#include "rankpool/link/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace rankpool::link {

struct ChannelMemory::Head {
    ChannelTerms terms;
    std::array<ChannelControl, 2> controls;
};

namespace {

constexpr char const* what = "the memory of a queue or pipe";
/// The least that takes a piece while another one is read.
constexpr std::uint64_t least_bytes = 4 * ChannelRing::piece_bytes;

/// What each of so many rings may have behind the head where the size of files is limited.
std::uint64_t most_bytes(std::uint64_t head, std::uint32_t rings) {
    constexpr std::size_t page = round_to_pages(1);
    std::uint64_t const all = largest_file();
    return all <= head ? 0 : (all - head) / std::max(1U, rings) / page * page;
}

}  // namespace

ChannelMemory::ChannelMemory(ChannelTerms const& terms) : memory_(make_memory("rankpool-channel", what)) {
    ChannelTerms rounded = terms;
    rounded.max_bytes = round_to_pages(std::max(
        std::min(terms.max_bytes, most_bytes(round_to_pages(sizeof(Head)), terms.rings)), least_bytes));
    resize_memory(memory_.get(), round_to_pages(sizeof(Head)) + rounded.rings * rounded.max_bytes, what);
    auto* const head =
        reinterpret_cast<Head*>(map_shared(memory_.get(), 0, round_to_pages(sizeof(Head)), what));
    head->terms = rounded;
    for (std::uint32_t i = 0; i < rounded.rings; ++i) {
        ChannelRing::begin(head->controls[i], rounded.max_bytes, rounded.maxsize);
    }
    ::munmap(head, round_to_pages(sizeof(Head)));
    map();
}

ChannelMemory::ChannelMemory(UniqueFd memory) : memory_(std::move(memory)) {
    map();
}

void ChannelMemory::map() {
    std::size_t const head_bytes = round_to_pages(sizeof(Head));
    head_ = reinterpret_cast<Head*>(map_shared(memory_.get(), 0, head_bytes, what));
    std::uint64_t const capacity = head_->terms.max_bytes;
    for (std::uint32_t i = 0; i < head_->terms.rings; ++i) {
        data_.push_back(map_twice(memory_.get(), head_bytes + i * capacity, capacity, what));
        rings_.emplace_back(head_->controls[i], data_.back());
    }
}

ChannelMemory::~ChannelMemory() {
    for (std::byte* const data : data_) ::munmap(data, 2 * head_->terms.max_bytes);
    ::munmap(head_, round_to_pages(sizeof(Head)));
}

}  // namespace rankpool::link
