// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/worker/transfer_scope.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <boost/serialization/access.hpp>

#include <memory>
#include <optional>

namespace rankpool {

/// A value that has been sent to every rank once and is held by each node once, as bytes: a worker rebuilds
/// it when it first looks. A string, or a vector of numbers, of 64 KiB or more is not rebuilt but seen where
/// the bytes lie, in memory that all processes of the node have in common. Values of up to 16 KiB are held by
/// each rank, and so is what is broadcast after the loss of a rank. Passed to tasks as an argument or bound
/// by `partial`, it costs a few bytes. It lasts until the last copy in the process that broadcast it is gone.
template <class T>
class Shared {
  public:
    Shared() = default;
    explicit Shared(T value) : held_(std::make_shared<Held>(std::move(value))), id_(held_->blob.id()) {}

    /// The value. Throws UsageError in a task that outlives it.
    [[nodiscard]] T const& get() const {
        return held_ ? held_->value() : worker::this_worker().blobs.template value<T>(id_);
    }
    T const& operator*() const { return get(); }
    T const* operator->() const { return &get(); }

  private:
    struct Held {
        explicit Held(T given)
            : own(std::move(given)), blob(worker::this_worker().blobs, [this](wire::Sink& sink) {
                  worker::TransferScope const transfer{pins};
                  wire::encode(sink, *own);
              }) {
            if constexpr (wire::Flat<T>) {
                bool const is_large =
                    own->size() * sizeof(typename T::value_type) >= worker::Blobs::least_mapped;
                if (is_large && wire::can_be_seen<T>()) see();
            }
        }
        void see() {
            try {
                seen = &worker::this_worker().blobs.template value<T>(blob.id());
            } catch (Error const&) {
                return;  // Its own one does as well.
            }
            own.reset();
        }
        [[nodiscard]] T const& value() const { return own ? *own : *seen; }

        std::optional<T> own;
        T const* seen = nullptr;  ///< the bytes that have been sent, where they do for the value
        worker::Pins pins;
        worker::OpenBlob blob;
    };

    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& id_.owner.rank.value& id_.owner.slot.value& id_.owner.generation.value& id_.number;
    }

    std::shared_ptr<Held> held_;
    link::BlobId id_;
};

}  // namespace rankpool
