// SPDX-License-Identifier: MIT
#include "jobs/parts/picture.hpp"

#include "rankpool/batch/output_file.hpp"

#include <png.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace jobs {

Colour Picture::at(std::size_t x, std::size_t y) const {
    std::size_t const first = 3 * (y * width_ + x);
    return {bytes_.at(first), bytes_.at(first + 1), bytes_.at(first + 2)};
}

void Picture::set(std::size_t x, std::size_t y, Colour colour) {
    std::ranges::copy(colour, row(y).subspan(3 * x, 3).begin());
}

std::span<std::uint8_t> Picture::row(std::size_t y) {
    return std::span{bytes_}.subspan(3 * width_ * y, 3 * width_);
}

void write_png(Picture const& picture, std::filesystem::path const& path) {
    rankpool::batch::OutputFile file{path};
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.format = PNG_FORMAT_RGB;
    image.width = static_cast<png_uint_32>(picture.width());
    image.height = static_cast<png_uint_32>(picture.height());

    auto const write = [&](void* memory, png_alloc_size_t& size) {
        if (::png_image_write_to_memory(&image, memory, &size, 0, picture.bytes().data(), 0, nullptr) == 0) {
            throw std::runtime_error("no PNG of the picture (" + std::string{image.message} + ")");
        }
    };
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    std::string bytes(size, '\0');
    write(bytes.data(), size);
    bytes.resize(size);
    file.write(bytes);
    file.commit();
}

}  // namespace jobs
