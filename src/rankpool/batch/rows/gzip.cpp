// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t packed_piece = 64 * 1024;
/// The largest window, and gzip's header instead of zlib's.
constexpr int window_bits = 15 + 16;

}  // namespace

class Gunzip::State {
  public:
    explicit State(ByteReader packed) : packed_(std::move(packed)) {
        if (::inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc{};
    }
    State(State const&) = delete;
    ~State() { ::inflateEnd(&stream_); }

    std::size_t read(std::span<char> room) {
        auto const size =
            static_cast<uInt>(std::min<std::size_t>(room.size(), std::numeric_limits<uInt>::max()));
        stream_.next_out = reinterpret_cast<Bytef*>(room.data());
        stream_.avail_out = size;
        while (stream_.avail_out == size) {
            if (stream_.avail_in == 0 && !fill()) {
                if (is_between_) return 0;
                throw std::runtime_error("it is compressed by gzip and ends too early. Was it cut off?");
            }
            if (is_between_ && !begin_next()) continue;
            unpack();
        }
        return size - stream_.avail_out;
    }

  private:
    bool fill() {
        auto const count = packed_(bytes_);
        stream_.next_in = reinterpret_cast<Bytef*>(bytes_.data());
        stream_.avail_in = static_cast<uInt>(count);
        return count > 0;
    }

    /// Goes on with the next packed file; false where there are zeros instead, as tapes have them.
    bool begin_next() {
        while (stream_.avail_in > 0 && *stream_.next_in == 0) {
            ++stream_.next_in;
            --stream_.avail_in;
            is_padded_ = true;
        }
        if (stream_.avail_in == 0) return false;
        constexpr Bytef first_of_gzip = 0x1f;
        if (is_padded_ || *stream_.next_in != first_of_gzip) {
            throw std::runtime_error("it is compressed by gzip, and something else comes after that");
        }
        is_between_ = false;
        if (::inflateReset(&stream_) != Z_OK) throw std::runtime_error("gzip cannot begin again");
        return true;
    }

    void unpack() {
        int const result = ::inflate(&stream_, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            is_between_ = true;
        } else if (result == Z_MEM_ERROR) {
            throw std::bad_alloc{};
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            throw std::runtime_error(std::string{"it is compressed by gzip and damaged: "} +
                                     (stream_.msg ? stream_.msg : "no deflated data"));
        }
    }

    ByteReader packed_;
    ::z_stream stream_{};
    std::array<char, packed_piece> bytes_{};
    bool is_between_ = false;  ///< one file has ended and no other has begun
    bool is_padded_ = false;
};

Gunzip::Gunzip(ByteReader packed) : state_(std::make_unique<State>(std::move(packed))) {}
Gunzip::Gunzip(Gunzip&&) noexcept = default;
Gunzip::~Gunzip() = default;

std::size_t Gunzip::read(std::span<char> room) {
    return state_->read(room);
}

}  // namespace rankpool::batch
