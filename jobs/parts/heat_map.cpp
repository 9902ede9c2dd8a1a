// SPDX-License-Identifier: MIT
#include "jobs/parts/heat_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace jobs {
namespace {

constexpr std::size_t target_width = 900;
constexpr Colour diagonal_colour{128, 128, 128};

// Lightness grows steadily, so that the picture reads in grey as well.
constexpr std::array<Colour, 6> stops{{
    {8, 10, 40},
    {62, 20, 110},
    {146, 38, 110},
    {220, 72, 66},
    {250, 150, 40},
    {250, 245, 160},
}};

void fill_cell(Picture& picture, std::size_t column, std::size_t row, std::size_t side, Colour colour) {
    for (std::size_t y = row * side; y < (row + 1) * side; ++y) {
        for (std::size_t x = column * side; x < (column + 1) * side; ++x) picture.set(x, y, colour);
    }
}

}  // namespace

Colour heat(double value) {
    double const position = std::clamp(value, 0.0, 1.0) * (stops.size() - 1);
    auto const below = std::min(static_cast<std::size_t>(position), stops.size() - 2);
    double const part = position - static_cast<double>(below);
    Colour colour{};
    for (std::size_t i = 0; i < colour.size(); ++i) {
        colour[i] =
            static_cast<std::uint8_t>(std::lround(std::lerp(stops[below][i], stops[below + 1][i], part)));
    }
    return colour;
}

Picture heat_map(PairScores const& scores) {
    std::size_t const cells = scores.size();
    std::size_t const side = std::max<std::size_t>(1, target_width / std::max<std::size_t>(1, cells));
    Picture picture{cells * side, cells * side};
    double low = 0;
    double range = 1;
    if (!scores.all().empty()) {
        auto const [least, greatest] = std::ranges::minmax(scores.all());
        low = least;
        range = std::max(1.0, static_cast<double>(greatest) - low);
    }
    for (std::size_t i = 0; i < cells; ++i) {
        fill_cell(picture, i, i, side, diagonal_colour);
        for (std::size_t j = i + 1; j < cells; ++j) {
            Colour const colour = heat((scores.at(i, j) - low) / range);
            fill_cell(picture, j, i, side, colour);
            fill_cell(picture, i, j, side, colour);
        }
    }
    return picture;
}

}  // namespace jobs
