// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/y4m.hpp"

#include <vector>

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

/// The frame after the filter. Colour planes that are smaller are blurred by as much smaller a square.
Frame filtered(Filter const& filter, std::vector<Plane> const& planes, Frame frame);

}  // namespace jobs
