// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/codec.hpp"
#include "rankpool/wire/counting_sink.hpp"
#include "rankpool/worker/stream.hpp"

#include <map>
#include <memory>

namespace rankpool::worker {

/// Bytes that have been broadcast, mapped from the memory that the rank's supervisor holds them in.
class BlobBytes {
  public:
    BlobBytes(int memory, std::size_t size);
    ~BlobBytes();
    BlobBytes(BlobBytes const&) = delete;

    [[nodiscard]] std::span<std::byte const> bytes() const { return {data_, size_}; }

  private:
    std::byte const* data_ = nullptr;
    std::size_t size_;
};

/// The broadcast values of this process: those it has sent to all ranks, and those it has looked at.
class Blobs : public Correspondent {
  public:
    explicit Blobs(Post& post);

    /// Sends what `encode(sink)` writes to every rank, once; it is called twice and must write the same
    /// bytes. Returns the id by which workers get it, valid until `close`.
    template <class Encode>
    std::uint64_t open(Encode encode) {
        wire::CountingSink count;
        encode(static_cast<wire::Sink&>(count));
        std::uint64_t const id = announce(count.count());
        FramedSink sink{post_, link::header_of(link::FrameKind::blob_bytes, post_.supervisor(), post_.self(),
                                               link::blob_pool)};
        try {
            encode(static_cast<wire::Sink&>(sink));
            sink.finish(link::FrameKind::blob_bytes);
        } catch (...) {
            close(id);
            throw;
        }
        return id;
    }
    void close(std::uint64_t id);

    /// The bytes of a blob, waited for.
    std::unique_ptr<BlobBytes> fetch(std::uint64_t id);
    /// The value of a blob; decoded at the first call, held until the blob is closed.
    template <class T>
    T const& value(std::uint64_t id) {
        auto& held = values_[id];
        if (!held) {
            auto const blob = fetch(id);
            wire::Source source{blob->bytes()};
            held = std::make_shared<T const>(wire::decode<T>(source));
        }
        return *static_cast<T const*>(held.get());
    }

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }

  private:
    std::uint64_t announce(std::uint64_t size);

    Post& post_;
    std::uint32_t opened_ = 0;
    std::map<std::uint64_t, link::Blob> arrived_;
    std::map<std::uint64_t, std::shared_ptr<void const>> values_;
};

/// A broadcast that lasts as long as this object.
class OpenBlob {
  public:
    template <class Encode>
    OpenBlob(Blobs& blobs, Encode const& encode) : blobs_(blobs), id_(blobs.open(encode)) {}
    ~OpenBlob() { blobs_.close(id_); }
    OpenBlob(OpenBlob const&) = delete;
    OpenBlob& operator=(OpenBlob const&) = delete;

    [[nodiscard]] std::uint64_t id() const { return id_; }

  private:
    Blobs& blobs_;
    std::uint64_t id_;
};

}  // namespace rankpool::worker
