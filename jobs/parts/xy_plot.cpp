// SPDX-License-Identifier: MIT
#include "jobs/parts/xy_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace jobs {
namespace {

constexpr double width = 900;
constexpr double height = 540;
constexpr double left = 80;
constexpr double bottom = 480;
constexpr double right = 880;
constexpr double top = 20;

/// An axis that reaches from one round number to another.
class Axis {
  public:
    Axis(double low, double high, double from, double to) : from_(from), to_(to) {
        if (!(high > low)) {
            low -= 0.5;
            high = low + 1;
        }
        double const rough = (high - low) / 8;
        double const power = std::pow(10.0, std::floor(std::log10(rough)));
        step_ = power * 10;
        for (double const factor : {5.0, 2.0, 1.0}) {
            if (rough <= factor * power) step_ = factor * power;
        }
        low_ = std::floor(low / step_) * step_;
        high_ = std::ceil(high / step_) * step_;
    }

    [[nodiscard]] double place(double value) const {
        return from_ + (value - low_) / (high_ - low_) * (to_ - from_);
    }
    [[nodiscard]] bool shows(double value) const { return low_ < value && value < high_; }
    [[nodiscard]] std::vector<double> ticks() const {
        std::vector<double> ticks;
        auto const count = std::llround((high_ - low_) / step_);
        for (long long i = 0; i <= count; ++i) ticks.push_back(low_ + static_cast<double>(i) * step_);
        return ticks;
    }
    /// A number of the axis, without the traces of rounding.
    [[nodiscard]] std::string text(double value) const {
        return fmt::format("{:.6g}", std::abs(value) < step_ / 1e6 ? 0.0 : value);
    }

  private:
    double from_, to_;
    double low_ = 0, high_ = 1, step_ = 1;
};

}  // namespace

std::string svg_plot(std::vector<std::pair<double, double>> const& points, std::string const& x_label,
                     std::string const& y_label) {
    auto const [x_low, x_high] = std::ranges::minmax(points, {}, &std::pair<double, double>::first);
    auto const [y_low, y_high] = std::ranges::minmax(points, {}, &std::pair<double, double>::second);
    Axis const x{x_low.first, x_high.first, left, right};
    Axis const y{y_low.second, y_high.second, bottom, top};
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" "
        "font-size=\"14\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        width, height);
    auto const to = std::back_inserter(svg);
    for (double const value : x.ticks()) {
        fmt::format_to(to,
                       "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" "
                       "text-anchor=\"middle\">{4}</text>\n",
                       x.place(value), top, bottom, bottom + 20, x.text(value));
    }
    for (double const value : y.ticks()) {
        fmt::format_to(to,
                       "<path d=\"M{0} {1:.1f}H{2}\" stroke=\"#ddd\"/><text x=\"{3}\" y=\"{4:.1f}\" "
                       "text-anchor=\"end\">{5}</text>\n",
                       left, y.place(value), right, left - 8, y.place(value) + 5, y.text(value));
    }
    if (y.shows(0))
        fmt::format_to(to, "<path d=\"M{} {:.1f}H{}\" stroke=\"#888\"/>\n", left, y.place(0), right);
    for (auto const& [px, py] : points) {
        fmt::format_to(to, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.2\" fill=\"#2f6fb0\"/>\n", x.place(px),
                       y.place(py));
    }
    fmt::format_to(
        to,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n"
        "<text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n</svg>\n",
        (left + right) / 2, height - 14, x_label, (top + bottom) / 2, y_label);
    return svg;
}

}  // namespace jobs
