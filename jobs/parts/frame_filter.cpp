// SPDX-License-Identifier: MIT
#include "jobs/parts/frame_filter.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

namespace jobs {
namespace {

constexpr std::uint8_t neutral = 128;

/// Sums over columns from `x - radius` to `x + radius` and rows likewise, by a table of sums from the corner
/// (Crow 1984), so that the time does not depend on the radius.
void blur(std::span<std::uint8_t> pixels, Plane const& plane, std::size_t radius) {
    std::size_t const stride = plane.width + 1;
    std::vector<std::uint64_t> sums(stride * (plane.height + 1), 0);
    for (std::size_t y = 0; y < plane.height; ++y) {
        std::uint64_t row = 0;
        for (std::size_t x = 0; x < plane.width; ++x) {
            row += pixels[y * plane.width + x];
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
        }
    }
    for (std::size_t y = 0; y < plane.height; ++y) {
        std::size_t const top = y - std::min(y, radius);
        std::size_t const bottom = std::min(plane.height, y + radius + 1);
        for (std::size_t x = 0; x < plane.width; ++x) {
            std::size_t const left = x - std::min(x, radius);
            std::size_t const right = std::min(plane.width, x + radius + 1);
            std::uint64_t const sum = sums[bottom * stride + right] - sums[top * stride + right] -
                                      sums[bottom * stride + left] + sums[top * stride + left];
            std::uint64_t const count = (bottom - top) * (right - left);
            pixels[y * plane.width + x] = static_cast<std::uint8_t>((sum + count / 2) / count);
        }
    }
}

void find_edges(std::span<std::uint8_t> pixels, Plane const& plane) {
    std::vector<std::uint8_t> const before(pixels.begin(), pixels.end());
    auto const at = [&](std::size_t x, std::size_t y) {
        return static_cast<int>(before[y * plane.width + x]);
    };
    for (std::size_t y = 0; y < plane.height; ++y) {
        std::size_t const up = y == 0 ? 0 : y - 1;
        std::size_t const down = std::min(y + 1, plane.height - 1);
        for (std::size_t x = 0; x < plane.width; ++x) {
            std::size_t const left = x == 0 ? 0 : x - 1;
            std::size_t const right = std::min(x + 1, plane.width - 1);
            int const across = at(right, up) + 2 * at(right, y) + at(right, down) - at(left, up) -
                               2 * at(left, y) - at(left, down);
            int const along = at(left, down) + 2 * at(x, down) + at(right, down) - at(left, up) -
                              2 * at(x, up) - at(right, up);
            double const length = std::sqrt(static_cast<double>(across * across + along * along));
            pixels[y * plane.width + x] = static_cast<std::uint8_t>(std::min(255L, std::lround(length)));
        }
    }
}

}  // namespace

Frame filtered(Filter const& filter, std::vector<Plane> const& planes, Frame frame) {
    std::span<std::uint8_t> rest{frame};
    for (std::size_t i = 0; i < planes.size(); ++i) {
        Plane const& plane = planes[i];
        std::size_t const size = plane.width * plane.height;
        if (rest.size() < size) throw std::invalid_argument("a frame of another size than its stream");
        auto const pixels = rest.first(size);
        rest = rest.subspan(size);
        if (filter.kind == FilterKind::blur) {
            // Both are rounded up, as the planes' sides are.
            bool const is_half = plane.width < planes[0].width;
            blur(pixels, plane, is_half ? (filter.radius + 1) / 2 : filter.radius);
        } else if (i > 0) {
            std::ranges::fill(pixels, neutral);
        } else if (filter.kind == FilterKind::edges) {
            find_edges(pixels, plane);
        }
    }
    return frame;
}

}  // namespace jobs
