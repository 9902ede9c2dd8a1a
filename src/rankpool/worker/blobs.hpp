// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/wire/counting_sink.hpp"
#include "rankpool/wire/flat.hpp"
#include "rankpool/worker/stream.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace rankpool::worker {

/// Bytes that have been broadcast, mapped from the memory that the rank's supervisor holds them in. They are
/// followed by a zero.
class BlobBytes {
  public:
    /// Memory of this process's own, to be filled.
    explicit BlobBytes(std::size_t size);
    BlobBytes(int memory, std::size_t size);
    ~BlobBytes();
    BlobBytes(BlobBytes const&) = delete;

    [[nodiscard]] std::span<std::byte const> bytes() const { return {data_, size_}; }
    /// Of memory of its own.
    [[nodiscard]] std::span<std::byte> own_bytes() { return {data_, size_}; }

  private:
    void map(int memory, int protection);
    [[nodiscard]] std::size_t room() const;

    std::byte* data_ = nullptr;
    std::size_t size_;
};

/// Sends the bytes of a blob, of which there must be as many as were announced.
class BlobSink : public FramedSink {
  public:
    BlobSink(Mailbox& mailbox, std::uint64_t size);

    /// Throws SerializationError where there were fewer.
    void finish();

  private:
    void sent(std::uint32_t bytes) override;

    std::uint64_t size_;
    std::uint64_t done_ = 0;
};

/// The broadcast values of this process: those it has sent to all ranks, and those it has looked at.
class Blobs : public FrameHandler {
  public:
    /// Of fewer bytes a copy costs less than a mapping that stays.
    static constexpr std::size_t least_mapped = 64 * 1024;

    explicit Blobs(Mailbox& mailbox);

    /// Sends what `encode(sink)` writes to every rank, once; it is called twice and must write as many bytes
    /// again, else SerializationError is thrown. Returns the id by which workers get it, valid until `close`.
    /// Waits while many that have been closed are still under way.
    template <class Encode>
    link::BlobId open(Encode encode) {
        wire::CountingSink count;
        encode(static_cast<wire::Sink&>(count));
        link::BlobId const id = announce(count.count());
        BlobSink sink{mailbox_, count.count()};
        try {
            encode(static_cast<wire::Sink&>(sink));
            sink.finish();
        } catch (...) {
            close(id);
            throw;
        }
        return id;
    }
    void close(link::BlobId const& id);

    /// The bytes of a blob, waited for.
    std::unique_ptr<BlobBytes> fetch(link::BlobId const& id);
    /// The value of a blob, held until the blob is closed: decoded at the first call, or seen where it lies.
    template <class T>
    T const& value(link::BlobId const& id) {
        auto held = values_.find(id);
        if (held == values_.end()) held = keep(id, load<T>(fetch(id)));
        return *static_cast<T const*>(held->second.get());
    }

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }

  private:
    /// A value that lies in mapped bytes, and keeps them.
    template <class T>
    struct Mapped {
        std::unique_ptr<BlobBytes> bytes;
        std::unique_ptr<wire::FlatView<T>> view;
    };
    template <class T>
    static std::shared_ptr<T const> load(std::unique_ptr<BlobBytes> blob) {
        if constexpr (wire::Flat<T>) {
            auto view = blob->bytes().size() < least_mapped ? nullptr : wire::FlatView<T>::of(blob->bytes());
            if (view) {
                auto const mapped =
                    std::make_shared<Mapped<T> const>(Mapped<T>{std::move(blob), std::move(view)});
                return {mapped, &mapped->view->value()};
            }
        }
        wire::Source source{blob->bytes()};
        return std::make_shared<T const>(wire::decode<T>(source));
    }

    using Values = std::map<link::BlobId, std::shared_ptr<void const>>;
    Values::iterator keep(link::BlobId const& id, std::shared_ptr<void const> value);
    link::BlobId announce(std::uint64_t size);
    std::unique_ptr<BlobBytes> copy(link::Blob const& blob);

    Mailbox& mailbox_;
    std::uint64_t opened_ = 0;
    std::set<link::BlobId> closing_;  ///< opened here and closed, but not freed yet
    std::map<link::BlobId, link::Blob> arrived_;
    std::optional<Buffer> copied_;  ///< the next bytes of the blob that is being copied
    Values values_;
    link::BlobId fetching_;  ///< the last one that has been looked at
    bool is_gone_ = false;   ///< which has gone since
};

/// A broadcast that lasts as long as this object.
class OpenBlob {
  public:
    template <class Encode>
    OpenBlob(Blobs& blobs, Encode const& encode) : blobs_(blobs), id_(blobs.open(encode)) {}
    ~OpenBlob() { blobs_.close(id_); }
    OpenBlob(OpenBlob const&) = delete;
    OpenBlob& operator=(OpenBlob const&) = delete;

    [[nodiscard]] link::BlobId const& id() const { return id_; }

  private:
    Blobs& blobs_;
    link::BlobId id_;
};

}  // namespace rankpool::worker
