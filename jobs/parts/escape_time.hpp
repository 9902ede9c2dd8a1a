// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jobs {

/// The piece of the complex plane that a picture shows: at zoom 1, the shorter side is 3 long.
struct View {
    std::size_t width = 1200;
    std::size_t height = 800;
    double centre_x = -0.65;
    double centre_y = 0;
    double zoom = 1;
    /// A point that stays near 0 for so many steps is in the set.
    std::uint32_t iterations = 1000;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& width& height& centre_x& centre_y& zoom& iterations;
    }
};

/// Steps of z -> z^2 + c from 0 until z is far out, with a fraction that makes neighbouring values meet
/// (normalised iteration count); negative for a point that has not left after `iterations`.
double escape_time(double x, double y, std::uint32_t iterations);

/// The Mandelbrot set, one row of the view, row 0 on top: red, green and blue of each pixel.
std::vector<std::uint8_t> mandelbrot_row(View const& view, std::size_t row);

}  // namespace jobs
