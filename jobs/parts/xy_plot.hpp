// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace jobs {

/// An SVG drawing of points over axes with round numbers, and a line at y = 0 where that is in sight.
std::string svg_plot(std::vector<std::pair<double, double>> const& points, std::string const& x_label,
                     std::string const& y_label);

}  // namespace jobs
