// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"
#include "rankpool/objects/shared_words.hpp"
#include "rankpool/rank/outbox.hpp"

#include <map>

namespace rankpool::supervisor {

/// The shared objects whose home is this rank, beside the ChannelService, which counts who holds them.
/// Requests of this rank's workers come here first and go on to the home.
class ObjectService : public objects::Replies {
  public:
    explicit ObjectService(Outbox& outbox) : outbox_(outbox) {}

    /// False where there is no memory for it. Throws Nonsense for terms that cannot be.
    bool make(std::uint32_t number, link::ObjectTerms const& terms);
    /// Nobody holds it any more.
    void remove(std::uint32_t number) { objects_.erase(number); }

    /// What processes of this node map, if it is that.
    [[nodiscard]] link::SharedMemory const* memory(std::uint32_t number) const;

    [[nodiscard]] bool is_empty() const { return objects_.empty(); }

    /// shared_ask.
    void on_frame(link::Frame const& frame);
    void processes_ended(objects::Ended const& ended);

    void answer(Address to, link::SharedAnswer const& answer, std::span<std::byte const> tail) override;
    void probe(Address owner, link::ChannelId object, std::span<std::byte const> path) override;

  private:
    void tell_holdings(Address to, link::SharedRequest const& request);

    Outbox& outbox_;
    objects::SharedWords shared_words_;
    std::map<std::uint32_t, std::unique_ptr<objects::Object>> objects_;
};

}  // namespace rankpool::supervisor
