// SPDX-License-Identifier: MIT
#include "jobs/parts/picture.hpp"

#include "jobs/parts/png_file.hpp"

#include <algorithm>
#include <stdexcept>

namespace jobs {

Colour Picture::at(std::size_t x, std::size_t y) const {
    std::size_t const first = 3 * (y * width_ + x);
    return {bytes_.at(first), bytes_.at(first + 1), bytes_.at(first + 2)};
}

void Picture::set(std::size_t x, std::size_t y, Colour colour) {
    if (x >= width_) throw std::out_of_range("a column that the picture does not have");
    std::ranges::copy(colour, row(y).subspan(3 * x, 3).begin());
}

std::span<std::uint8_t> Picture::row(std::size_t y) {
    if (y >= height_) throw std::out_of_range("a row that the picture does not have");
    return std::span{bytes_}.subspan(3 * width_ * y, 3 * width_);
}

void write_png(Picture const& picture, std::filesystem::path const& path) {
    PngFile file{path, picture.width(), picture.height()};
    std::size_t const row = 3 * picture.width();
    for (std::size_t y = 0; y < picture.height(); ++y) file.write_row(picture.bytes().subspan(y * row, row));
    file.commit();
}

}  // namespace jobs
