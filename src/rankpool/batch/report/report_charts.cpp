// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/report_charts.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace rankpool::batch {
namespace {

/// A page of all runs has room for so many bytes of an error or an option.
constexpr std::size_t longest_text = 4000;
constexpr double width = 800;
constexpr double left = 90;
constexpr double right = 40;  // half of the last label of a time axis is there
constexpr double plot = width - left - right;
constexpr std::size_t workers_shown = 64;
constexpr double label_height = 16;
/// A failure that took no time is to be seen all the same.
constexpr double failure_width = 2;

/// Collects the parts of a drawing; lengths are in pixels of a drawing 800 wide, which scales with the page.
class Svg {
  public:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
        body_ += '\n';
    }

    void box(char const* style, double x, double y, double w, double h, std::string const& title = {}) {
        add(R"(<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>)", style, x, y,
            std::max(w, 0.6), h, title.empty() ? "" : "<title>" + escaped(title) + "</title>");
    }
    void text(char const* anchor, double x, double y, std::string const& words) {
        add(R"(<text text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>)", anchor, x, y, escaped(words));
    }
    void line(double x1, double y1, double x2, double y2) {
        add(R"(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x1, y1, x2, y2);
    }

    [[nodiscard]] std::string drawing(double height, std::string const& label) const {
        return fmt::format(R"(<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">)"
                           "\n{}</svg>\n",
                           width, height, escaped(label), body_);
    }

  private:
    std::string body_;
};

/// A step of 1, 2 or 5 times a power of ten, of which about `wanted` make up `range`.
double round_step(double range, double wanted) {
    double const rough = range / wanted;
    double const power = std::pow(10.0, std::floor(std::log10(rough)));
    for (double const factor : {1.0, 2.0, 5.0}) {
        if (rough <= factor * power) return factor * power;
    }
    return 10 * power;
}

void time_axis(Svg& svg, double wall, double y) {
    svg.line(left, y, width - right, y);
    double const step = round_step(std::max(wall, 1e-6), 8);
    for (int i = 0; i * step <= wall * 1.0001; ++i) {
        double const x = left + i * step / wall * plot;
        svg.line(x, y, x, y + 4);
        svg.text("middle", x, y + 17, i == 0 ? "0" : duration_text(i * step));
    }
}

void count_axis(Svg& svg, double most, double step, double top, double bottom, char const* unit) {
    for (int i = 0; i * step <= most * 1.0001; ++i) {
        double const y = bottom - i * step / most * (bottom - top);
        svg.line(left - 4, y, left, y);
        svg.text("end", left - 8, y + 4, i == 0 ? "0" : amount_text(i * step, unit));
    }
}

void add_spans(Svg& svg, WorkerLine const& worker, double wall, double y, double height) {
    auto const add = [&](char const* style, bool failed, double least) {
        for (auto const& span : worker.spans) {
            if (span.failed != failed) continue;
            svg.box(style, left + span.begin / wall * plot, y,
                    std::max(least, (span.end - span.begin) / wall * plot), height);
        }
    };
    add("busy", false, 0);
    add("failed", true, failure_width);
}

/// The lower edge of a bar of the durations, in two digits.
double round_edge(double seconds) {
    double const unit = std::pow(10.0, std::floor(std::log10(seconds)) - 1);
    return std::round(seconds / unit) * unit;
}

}  // namespace

std::string escaped(std::string const& text) {
    std::string result;
    for (char const letter : printable_lines(bounded_text(text, longest_text))) {
        switch (letter) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += letter;
        }
    }
    return result;
}

std::string time_line_chart(SessionFacts const& session) {
    Svg svg;
    double const wall = std::max(session.wall, 1e-9);
    auto const count = std::min(session.workers.size(), workers_shown);
    double const row = count > 32 ? 10 : 20;
    double y = 4;
    double next_label = y;
    for (std::size_t i = 0; i < count; ++i) {
        WorkerLine const& worker = session.workers[i];
        bool const is_first = i == 0 || session.workers[i - 1].rank != worker.rank;
        if (is_first && y >= next_label) {
            svg.text("end", left - 8, y + row / 2 + 4, fmt::format("rank {}", worker.rank));
            next_label = y + label_height;
        }
        svg.box("waiting", left, y, plot, row - 3);
        add_spans(svg, worker, wall, y, row - 3);
        y += row;
    }
    time_axis(svg, wall, y + 3);
    return svg.drawing(y + 28, "When each worker was busy");
}

std::string throughput_chart(SessionFacts const& session) {
    Svg svg;
    constexpr double top = 8;
    constexpr double bottom = 150;
    double const part = std::max(session.wall, 1e-9) / static_cast<double>(session.throughput.size());
    auto const most = std::max<std::int64_t>(1, std::ranges::max(session.throughput));
    double const most_per_second = static_cast<double>(most) / part;
    double const step = plot / static_cast<double>(session.throughput.size());
    double x = left;
    for (auto const tasks : session.throughput) {
        double const height = static_cast<double>(tasks) / static_cast<double>(most) * (bottom - top);
        if (tasks > 0) svg.box("busy", x, bottom - height, step, height);
        x += step;
    }
    count_axis(svg, most_per_second, round_step(most_per_second, 4), top, bottom, "/s");
    time_axis(svg, std::max(session.wall, 1e-9), bottom);
    return svg.drawing(bottom + 26, "Tasks per second over time");
}

std::string duration_chart(RunFacts const& facts) {
    if (facts.durations.empty()) return {};
    Svg svg;
    constexpr double top = 8;
    constexpr double bottom = 150;
    std::int64_t most = 1;
    for (auto const& [edge, count] : facts.durations) most = std::max(most, count);
    auto const bars = facts.durations.size();
    double const step = std::min(plot / static_cast<double>(bars), 60.0);
    auto const edge = [&](std::size_t number) {
        double const ratio = std::pow(10.0, 1.0 / durations_per_decade);
        return duration_text(
            round_edge(number < bars ? facts.durations[number].first : facts.durations.back().first * ratio));
    };
    std::size_t const every = bars > 12 ? 5 : std::min<std::size_t>(bars, 2);
    for (std::size_t i = 0; i <= bars; ++i) {
        double const x = left + static_cast<double>(i) * step;
        if (i == bars || (i % every == 0 && bars - i >= every)) {
            svg.line(x, bottom, x, bottom + 4);
            svg.text("middle", x, bottom + 17, edge(i));
        }
        if (i == bars || facts.durations[i].second == 0) continue;
        auto const count = facts.durations[i].second;
        double const height = static_cast<double>(count) / static_cast<double>(most) * (bottom - top);
        svg.box("busy", x + 1, bottom - height, step - 2, height,
                fmt::format("{} from {} to {}", counted(static_cast<std::size_t>(count), "task"), edge(i),
                            edge(i + 1)));
    }
    svg.line(left, bottom, left + static_cast<double>(bars) * step, bottom);
    auto const highest = static_cast<double>(most);
    count_axis(svg, highest, std::max(1.0, round_step(highest, 4)), top, bottom, "");
    return svg.drawing(bottom + 26, "How many tasks took how long");
}

}  // namespace rankpool::batch
