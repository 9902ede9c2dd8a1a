// SPDX-License-Identifier: MIT
#include "jobs/parts/frame_filter.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

namespace jobs {
namespace {

/// Rows of samples that are filtered together: a plane, or one field of it.
struct Picture16 {
    std::size_t width;
    std::size_t height;
    std::vector<std::uint16_t> samples;

    [[nodiscard]] int at(std::size_t x, std::size_t y) const { return samples[y * width + x]; }
};

/// Sums over columns from `x - across` to `x + across` and rows likewise, by a table of sums from the corner
/// (Crow 1984), so that the time does not depend on the reach.
void blur(Picture16& picture, std::size_t across, std::size_t down) {
    std::size_t const stride = picture.width + 1;
    std::vector<std::uint64_t> sums(stride * (picture.height + 1), 0);
    for (std::size_t y = 0; y < picture.height; ++y) {
        std::uint64_t row = 0;
        for (std::size_t x = 0; x < picture.width; ++x) {
            row += picture.samples[y * picture.width + x];
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
        }
    }
    for (std::size_t y = 0; y < picture.height; ++y) {
        std::size_t const top = y - std::min(y, down);
        std::size_t const bottom = std::min(picture.height, y + down + 1);
        for (std::size_t x = 0; x < picture.width; ++x) {
            std::size_t const left = x - std::min(x, across);
            std::size_t const right = std::min(picture.width, x + across + 1);
            std::uint64_t const sum = sums[bottom * stride + right] - sums[top * stride + right] -
                                      sums[bottom * stride + left] + sums[top * stride + left];
            std::uint64_t const count = (bottom - top) * (right - left);
            picture.samples[y * picture.width + x] = static_cast<std::uint16_t>((sum + count / 2) / count);
        }
    }
}

void find_edges(Picture16& picture, unsigned bits) {
    Picture16 const before = picture;
    long const most = (1L << bits) - 1;
    for (std::size_t y = 0; y < picture.height; ++y) {
        std::size_t const up = y == 0 ? 0 : y - 1;
        std::size_t const down = std::min(y + 1, picture.height - 1);
        for (std::size_t x = 0; x < picture.width; ++x) {
            std::size_t const left = x == 0 ? 0 : x - 1;
            std::size_t const right = std::min(x + 1, picture.width - 1);
            double const across = before.at(right, up) + 2 * before.at(right, y) + before.at(right, down) -
                                  before.at(left, up) - 2 * before.at(left, y) - before.at(left, down);
            double const along = before.at(left, down) + 2 * before.at(x, down) + before.at(right, down) -
                                 before.at(left, up) - 2 * before.at(x, up) - before.at(right, up);
            double const length = std::sqrt(across * across + along * along);
            picture.samples[y * picture.width + x] =
                static_cast<std::uint16_t>(std::min(most, std::lround(length)));
        }
    }
}

/// A plane's bytes, of which rows are taken out and put back.
class PlaneRows {
  public:
    PlaneRows(std::span<std::uint8_t> bytes, Plane const& plane, std::size_t sample_bytes)
        : bytes_(bytes), plane_(plane), sample_bytes_(sample_bytes) {}

    /// Every `step`-th row from `first` on.
    [[nodiscard]] Picture16 take(std::size_t first, std::size_t step) const {
        Picture16 picture{plane_.width, 0, {}};
        picture.samples.reserve(plane_.width * (plane_.height / step + 1));
        for (std::size_t y = first; y < plane_.height; y += step, ++picture.height) {
            std::uint8_t const* byte = &bytes_[y * row_bytes()];
            for (std::size_t x = 0; x < plane_.width; ++x, byte += sample_bytes_) {
                auto const high = sample_bytes_ == 2 ? byte[1] : std::uint8_t{0};
                picture.samples.push_back(static_cast<std::uint16_t>(byte[0] | high << 8));
            }
        }
        return picture;
    }
    void put(Picture16 const& picture, std::size_t first, std::size_t step) {
        auto sample = picture.samples.begin();
        for (std::size_t y = first; y < plane_.height; y += step) {
            std::uint8_t* byte = &bytes_[y * row_bytes()];
            for (std::size_t x = 0; x < plane_.width; ++x, byte += sample_bytes_, ++sample) {
                byte[0] = static_cast<std::uint8_t>(*sample);
                if (sample_bytes_ == 2) byte[1] = static_cast<std::uint8_t>(*sample >> 8);
            }
        }
    }
    void fill(std::uint16_t value) {
        for (std::size_t i = 0; i < bytes_.size(); ++i) {
            bytes_[i] = static_cast<std::uint8_t>(i % sample_bytes_ == 0 ? value : value >> 8);
        }
    }

  private:
    [[nodiscard]] std::size_t row_bytes() const { return plane_.width * sample_bytes_; }

    std::span<std::uint8_t> bytes_;
    Plane plane_;
    std::size_t sample_bytes_;
};

std::size_t divided(std::size_t number, std::size_t by) {
    return (number + by - 1) / by;
}

}  // namespace

Frame filtered(Filter const& filter, VideoFormat const& format, Frame frame) {
    std::span<std::uint8_t> rest{frame.samples};
    if (rest.size() != format.frame_bytes())
        throw std::invalid_argument("a frame of another size than its stream");
    std::size_t const fields = frame.is_interlaced ? 2 : 1;
    for (std::size_t i = 0; i < format.planes.size(); ++i) {
        Plane const& plane = format.planes[i];
        std::size_t const size = plane.width * plane.height * format.sample_bytes();
        PlaneRows rows{rest.first(size), plane, format.sample_bytes()};
        rest = rest.subspan(size);
        if (format.has_alpha && i + 1 == format.planes.size()) continue;
        if (filter.kind != FilterKind::blur && i > 0) {
            rows.fill(static_cast<std::uint16_t>(1U << (format.bits - 1)));
            continue;
        }
        if (filter.kind == FilterKind::grey) continue;
        for (std::size_t field = 0; field < std::min(fields, plane.height); ++field) {
            Picture16 picture = rows.take(field, fields);
            if (filter.kind == FilterKind::edges) {
                find_edges(picture, format.bits);
            } else {
                blur(picture, divided(filter.radius, i == 0 ? 1 : format.across),
                     divided(filter.radius, i == 0 ? fields : fields * format.down));
            }
            rows.put(picture, field, fields);
        }
    }
    return frame;
}

}  // namespace jobs
