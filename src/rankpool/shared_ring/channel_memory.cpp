// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/channel_memory.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/shared_ring/mapping.hpp"

#include <sys/mman.h>

#include <algorithm>

namespace rankpool::link {

struct ChannelMemory::Head {
    Secret secret;
    ChannelTerms terms;
    std::array<ChannelControl, 2> controls;
};

namespace {

constexpr char const* ring_memory = "the memory of a queue or pipe";
/// The least that takes a piece while another one is read.
constexpr std::uint64_t least_bytes = 4 * ChannelRing::piece_bytes;

/// What each of so many rings may have behind the head where the size of files is limited.
std::uint64_t room_for(std::uint64_t head, std::uint32_t rings) {
    constexpr std::size_t page = round_to_pages(1);
    std::uint64_t const all = largest_file();
    return all <= head ? 0 : (all - head) / std::max(1U, rings) / page * page;
}

}  // namespace

std::size_t ChannelMemory::head_size() {
    return round_to_pages(sizeof(Head));
}

std::uint64_t ChannelMemory::size_of(ChannelTerms const& terms) {
    return head_size() + terms.rings * terms.max_bytes;
}

bool ChannelMemory::is_possible(ChannelTerms const& terms) {
    return terms.rings >= 1 && terms.rings <= 2 && terms.max_bytes <= most_bytes;
}

ChannelMemory::ChannelMemory(ChannelTerms const& terms) : terms_(terms), secret_(make_secret()) {
    std::uint64_t const wanted = std::min(terms.max_bytes, room_for(head_size(), terms.rings));
    terms_.max_bytes = round_to_pages(std::max(wanted, least_bytes));
    memory_ = make_memory("rankpool-channel", size_of(terms_), ring_memory);
    map();
    head_->terms = terms_;
    head_->secret = secret_;
}

ChannelMemory::ChannelMemory(UniqueFd memory, ChannelTerms const& terms)
    : terms_(terms), memory_(std::move(memory)) {
    map();
}

std::shared_ptr<ChannelMemory> ChannelMemory::adopt(UniqueFd memory, Secret const& secret) {
    auto const size = size_of_sealed(memory.get());
    if (!size || *size < head_size()) return nullptr;
    auto* const head = reinterpret_cast<Head*>(map_shared(memory.get(), 0, head_size(), ring_memory));
    bool const is_it = head->secret == secret;
    ChannelTerms const terms = head->terms;
    ::munmap(head, head_size());
    bool const is_sound = is_it && is_possible(terms) && terms.max_bytes >= least_bytes &&
                          terms.max_bytes == round_to_pages(terms.max_bytes) && size_of(terms) == *size;
    if (!is_sound) return nullptr;
    return std::shared_ptr<ChannelMemory>{new ChannelMemory{std::move(memory), terms}};
}

void ChannelMemory::map() {
    head_ = reinterpret_cast<Head*>(map_shared(memory_.get(), 0, head_size(), ring_memory));
    for (std::uint32_t i = 0; i < terms_.rings; ++i) {
        data_.push_back(
            map_twice(memory_.get(), head_size() + i * terms_.max_bytes, terms_.max_bytes, ring_memory));
        rings_.emplace_back(head_->controls[i], data_.back(), terms_.max_bytes, terms_.maxsize);
    }
}

ChannelMemory::~ChannelMemory() {
    for (std::byte* const data : data_) ::munmap(data, 2 * terms_.max_bytes);
    ::munmap(head_, head_size());
}

}  // namespace rankpool::link
