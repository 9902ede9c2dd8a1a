// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/y4m.hpp"

namespace jobs {

enum class FilterKind {
    grey,   ///< colour planes become neutral
    blur,   ///< each pixel becomes the mean of the square of pixels around it, as far as that is in the
            ///< picture
    edges,  ///< brightness becomes the length of Sobel's gradient, colour neutral; pixels beyond the rim
            ///< count as it
};

struct Filter {
    FilterKind kind = FilterKind::grey;
    std::uint32_t radius = 1;  ///< of the blur's square, in pixels of the brightness plane

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& kind& radius;
    }
};

/// The frame after the filter; its parameters and what says how opaque it is stay. Colour planes that are
/// smaller are blurred by as much smaller a rectangle. Of an interlaced frame each field, every other row, is
/// filtered by itself, and blurred over as much of the picture's height.
Frame filtered(Filter const& filter, VideoFormat const& format, Frame frame);

}  // namespace jobs
