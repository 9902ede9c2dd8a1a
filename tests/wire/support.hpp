// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace rankpool::wire::testing {

using Bytes = std::vector<std::byte>;

template <class T>
Bytes bytes_of(T const& value) {
    BufferSink sink;
    encode(sink, value);
    return {sink.bytes().begin(), sink.bytes().end()};
}

template <class T>
T value_of(Bytes const& bytes) {
    Source source{bytes};
    T value = decode<T>(source);
    if (source.remaining() != 0) throw SerializationError("bytes are left over");
    return value;
}

template <class T>
T round_trip(T const& value) {
    return value_of<T>(bytes_of(value));
}

/// Brings its bytes a few at a time, as a stream does.
class TrickleSource : public Source {
  public:
    TrickleSource(Bytes bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {
        cursor_ = end_ = bytes_.data();
    }

    [[nodiscard]] bool is_complete() const override { return false; }

  private:
    void underflow(void* data, std::size_t size) override {
        auto* to = static_cast<std::byte*>(data);
        while (size > 0) {
            if (cursor_ == end_) refill();
            std::size_t const now = std::min(size, remaining());
            std::memcpy(to, cursor_, now);
            cursor_ += now;
            to += now;
            size -= now;
        }
    }

    void refill() {
        if (end_ == bytes_.data() + bytes_.size()) throw SerializationError("the stream has ended");
        end_ += std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(step_),
                                         bytes_.data() + bytes_.size() - end_);
    }

    Bytes bytes_;
    std::size_t step_;
};

/// An archive type: members of several kinds, with and without Boost's class information.
struct Particle {
    std::string name;
    double mass = 0;
    std::vector<double> path;
    std::optional<int> charge;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& name& mass& path& charge;
    }
    friend bool operator==(Particle const&, Particle const&) = default;
};

}  // namespace rankpool::wire::testing
