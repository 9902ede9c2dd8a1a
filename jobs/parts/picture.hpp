// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace jobs {

/// Red, green and blue, 0 to 255, in the sRGB colour space.
using Colour = std::array<std::uint8_t, 3>;

/// A colour picture in memory; row 0 is at the top.
class Picture {
  public:
    Picture(std::size_t width, std::size_t height)
        : width_(width), height_(height), bytes_(3 * width * height) {}

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] std::size_t height() const { return height_; }
    [[nodiscard]] Colour at(std::size_t x, std::size_t y) const;
    void set(std::size_t x, std::size_t y, Colour colour);
    /// Three bytes for each pixel of one row. Throws std::out_of_range, as `set` does.
    [[nodiscard]] std::span<std::uint8_t> row(std::size_t y);
    [[nodiscard]] std::span<std::uint8_t const> bytes() const { return bytes_; }

  private:
    std::size_t width_;
    std::size_t height_;
    std::vector<std::uint8_t> bytes_;
};

/// Writes a PNG file, whole or not at all. The same picture gives the same bytes. Throws batch::InputError.
void write_png(Picture const& picture, std::filesystem::path const& path);

}  // namespace jobs
