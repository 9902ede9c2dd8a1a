// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/worker/here.hpp"
#include "rankpool/worker/transit.hpp"

#include <boost/serialization/access.hpp>

#include <memory>

namespace rankpool {

/// A value that has been sent to every rank once and is held there once, as bytes: a worker rebuilds it when
/// it first looks. Passed to tasks as an argument or bound by `partial`, it costs a few bytes. It lasts until
/// the last copy in the process that broadcast it is gone.
template <class T>
class Shared {
  public:
    Shared() = default;
    explicit Shared(T value) : held_(std::make_shared<Held>(std::move(value))), id_(held_->blob.id()) {}

    /// The value. Throws UsageError in a task that outlives it.
    [[nodiscard]] T const& get() const {
        return held_ ? held_->value : worker::here().blobs.template value<T>(id_);
    }
    T const& operator*() const { return get(); }
    T const* operator->() const { return &get(); }

  private:
    struct Held {
        explicit Held(T given)
            : value(std::move(given)), blob(worker::here().blobs, [this](wire::Sink& sink) {
                  worker::Transit const transit{pins};
                  wire::encode(sink, value);
              }) {}

        T value;
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
