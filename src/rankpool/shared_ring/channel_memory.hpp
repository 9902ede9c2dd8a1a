// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/secret.hpp"
#include "rankpool/core/unique_fd.hpp"
#include "rankpool/shared_ring/channel_ring.hpp"

#include <memory>

namespace rankpool::link {

/// What a channel is made of.
struct ChannelTerms {
    std::uint32_t rings = 1;  ///< 1: a queue; 2: a pipe, a ring for each direction
    std::uint32_t reserved = 0;
    std::uint64_t maxsize = 0;    ///< items that it may hold, 0: no bound
    std::uint64_t max_bytes = 0;  ///< that may be on their way, in each ring
};

/// The memory of a channel, mapped here. Pages that have never been used cost nothing.
class ChannelMemory {
  public:
    /// Makes a channel. Throws Error where the system has no memory or descriptor left.
    explicit ChannelMemory(ChannelTerms const& terms);
    /// Maps one that was made elsewhere; null where this is not the memory with that secret.
    static std::shared_ptr<ChannelMemory> adopt(UniqueFd memory, Secret const& secret);
    ~ChannelMemory();
    ChannelMemory(ChannelMemory const&) = delete;
    ChannelMemory& operator=(ChannelMemory const&) = delete;

    /// False for terms that no program can ask for.
    [[nodiscard]] static bool is_possible(ChannelTerms const& terms);

    /// Bytes before the first ring.
    static std::size_t head_size();
    /// What tells it from any other, at its home.
    [[nodiscard]] Secret const& secret() const { return secret_; }
    [[nodiscard]] int fd() const { return memory_.get(); }
    /// Closes the descriptor; the mapping stays.
    void close_fd() { memory_.reset(); }
    [[nodiscard]] std::size_t ring_count() const { return rings_.size(); }
    [[nodiscard]] ChannelRing& ring(std::size_t index) { return rings_[index]; }

  private:
    struct Head;
    ChannelMemory(UniqueFd memory, ChannelTerms const& terms);
    void map();
    static std::uint64_t size_of(ChannelTerms const& terms);

    ChannelTerms terms_;
    Secret secret_{};
    UniqueFd memory_;
    Head* head_ = nullptr;
    std::vector<std::byte*> data_;
    std::vector<ChannelRing> rings_;
};

}  // namespace rankpool::link
