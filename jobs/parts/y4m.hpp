// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// One plane of a frame: brightness, one of the two colour differences, or how opaque it is.
struct Plane {
    std::size_t width = 0;
    std::size_t height = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& width& height;
    }
};

/// What the frames of a stream are made of.
struct VideoFormat {
    std::vector<Plane>
        planes;         ///< brightness, then two of colour unless there is none, then alpha if there is
    unsigned bits = 8;  ///< of each sample; beyond 8 it has two bytes, the lower first
    bool has_alpha = false;
    std::size_t across = 1;  ///< by how much the colour planes are smaller
    std::size_t down = 1;

    [[nodiscard]] std::size_t sample_bytes() const { return bits > 8 ? 2 : 1; }
    [[nodiscard]] std::size_t frame_bytes() const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& planes& bits& has_alpha& across& down;
    }
};

/// What the header of a YUV4MPEG2 stream says.
struct Y4mHeader {
    std::string line;  ///< as it was read, without the end of line
    VideoFormat format;
};

/// One frame.
struct Frame {
    std::vector<std::uint8_t> samples;  ///< plane after plane, row by row
    std::string parameters;             ///< as they stand behind FRAME, with the blank
    bool is_interlaced = false;         ///< rows are those of two moments by turns

    friend bool operator==(Frame const&, Frame const&) = default;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& samples& parameters& is_interlaced;
    }
};

/// Reads a YUV4MPEG2 stream: 8 to 16 bits, mono, 420 of all kinds, 411, 422, 444 and 444alpha. The
/// constructor throws batch::InputError that names `file` where the stream is none of these or has more than
/// 16384 pixels a side.
class Y4mReader {
  public:
    Y4mReader(std::istream& in, std::string file);

    [[nodiscard]] Y4mHeader const& header() const { return header_; }
    /// The next whole frame; nothing at the end, or where the stream is damaged or cut off.
    std::optional<Frame> next();
    /// What ended the stream too early, as an error's text; else empty.
    [[nodiscard]] std::string const& damage() const { return damage_; }

  private:
    Frame read(std::string const& head);
    [[nodiscard]] bool is_interlaced(std::string const& head) const;
    [[nodiscard]] std::optional<std::string> line();
    [[noreturn]] void fail(std::string const& why) const;

    std::istream& in_;
    std::string file_;
    Y4mHeader header_;
    char interlacing_ = '?';
    std::size_t frames_ = 0;
    std::string damage_;
};

/// `FRAME`, its parameters and its samples, as they stand in a stream.
std::string y4m_frame(Frame const& frame);

}  // namespace jobs
