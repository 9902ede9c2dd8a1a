// SPDX-License-Identifier: MIT
#include "jobs/parts/escape_time.hpp"

#include "jobs/parts/picture.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace jobs {
namespace {

// The main cardioid and the disk beside it are known without a step.
bool in_large_bulbs(double x, double y) {
    double const shifted = x - 0.25;
    double const q = shifted * shifted + y * y;
    return q * (q + shifted) <= 0.25 * y * y || (x + 1) * (x + 1) + y * y <= 0.0625;
}

// Three waves of different phase, slower with growing time since detail thins out.
Colour colour_of(double time) {
    if (time < 0) return {0, 0, 0};
    double const angle = 0.9 * std::sqrt(time);
    auto const wave = [&](double phase) {
        return static_cast<std::uint8_t>(std::lround(127.5 * (1 - std::cos(angle + phase))));
    };
    return {wave(-1.1), wave(-0.5), wave(0.0)};
}

}  // namespace

double escape_time(double x, double y, std::uint32_t iterations) {
    if (in_large_bulbs(x, y)) return -1;
    // Far out the fraction is more exact.
    constexpr double far = 256;
    double real = 0;
    double imaginary = 0;
    for (std::uint32_t step = 0; step < iterations; ++step) {
        double const next = real * real - imaginary * imaginary + x;
        imaginary = 2 * real * imaginary + y;
        real = next;
        double const square = real * real + imaginary * imaginary;
        if (square > far * far) {
            double const fraction = 1 - std::log2(std::log2(square) / 2 / std::log2(far));
            return std::max(0.0, step + fraction);
        }
    }
    return -1;
}

std::vector<std::uint8_t> mandelbrot_row(View const& view, std::size_t row) {
    double const step = 3 / (view.zoom * static_cast<double>(std::min(view.width, view.height)));
    auto const offset = [&](std::size_t pixel, std::size_t pixels) {
        return (static_cast<double>(pixel) + 0.5 - static_cast<double>(pixels) / 2) * step;
    };
    double const y = view.centre_y - offset(row, view.height);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(3 * view.width);
    for (std::size_t column = 0; column < view.width; ++column) {
        double const x = view.centre_x + offset(column, view.width);
        Colour const colour = colour_of(escape_time(x, y, view.iterations));
        bytes.insert(bytes.end(), colour.begin(), colour.end());
    }
    return bytes;
}

}  // namespace jobs
