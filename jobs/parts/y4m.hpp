// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// One plane of a frame: brightness or one of the two colour differences.
struct Plane {
    std::size_t width = 0;
    std::size_t height = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& width& height;
    }
};

/// What the header of a YUV4MPEG2 stream says.
struct Y4mHeader {
    std::string line;           ///< as it was read, without the end of line
    std::vector<Plane> planes;  ///< brightness, then two of colour unless there is none

    [[nodiscard]] std::size_t frame_bytes() const;
};

/// The pixels of one frame, plane after plane, row by row, one byte each.
using Frame = std::vector<std::uint8_t>;

/// Reads a YUV4MPEG2 stream: 8 bits, without colour or with planes of a half or the whole width and height
/// (mono, 420 of all kinds, 422, 444). Throws batch::InputError that names `file` and the frame where the
/// stream is none of these, ends within a frame, or is of more than 16384 pixels a side.
class Y4mReader {
  public:
    Y4mReader(std::istream& in, std::string file);

    [[nodiscard]] Y4mHeader const& header() const { return header_; }
    /// The next frame; nothing at the end.
    std::optional<Frame> next();

  private:
    [[nodiscard]] std::optional<std::string> line();
    [[noreturn]] void fail(std::string const& why) const;

    std::istream& in_;
    std::string file_;
    Y4mHeader header_;
    std::size_t frames_ = 0;
};

/// `FRAME` and the frame's bytes, as they stand in a stream.
std::string y4m_frame(Frame const& frame);

}  // namespace jobs
