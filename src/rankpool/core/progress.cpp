// SPDX-License-Identifier: MIT
#include "rankpool/core/progress.hpp"

#include "rankpool/core/thousands.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <sstream>
#include <string_view>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

constexpr auto bar_interval = 100ms;
constexpr auto line_interval = 10s;
constexpr std::size_t bar_width = 30;

std::string fixed(double value, int decimals) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(decimals) << value;
    return text.str();
}

std::string rate_text(double per_second) {
    constexpr std::array units{" /s", " k/s", " M/s", " G/s"};
    auto const [number, power] = in_thousands(per_second, units.size() - 1);
    return fixed(number, number < 9.95 ? 1 : 0) + units.at(power);
}

std::string clock_text(double seconds) {
    auto const whole = std::llround(seconds);
    std::ostringstream text;
    text << std::setfill('0');
    if (whole >= 3600) {
        text << whole / 3600 << ':' << std::setw(2);
    }
    text << whole / 60 % 60 << ':' << std::setw(2) << whole % 60;
    return text.str();
}

double share(ProgressState const& state) {
    if (!state.total) return 0;
    if (*state.total == 0) return 1;
    return std::min(1.0, static_cast<double>(state.done) / static_cast<double>(*state.total));
}

bool is_terminal(std::string_view file) {
    return file.starts_with("/dev/pts/") || file.starts_with("/dev/tty");
}

bool mpirun_talks_to_terminal() {
    if (!std::getenv("OMPI_COMM_WORLD_RANK")) return false;
    std::error_code error;
    auto const file = std::filesystem::read_symlink("/proc/" + std::to_string(::getppid()) + "/fd/2", error);
    return !error && is_terminal(file.native());
}

}  // namespace

ProgressStyle progress_style_here() {
    bool const watched = ::isatty(STDERR_FILENO) == 1 || mpirun_talks_to_terminal();
    return watched ? ProgressStyle::bar : ProgressStyle::plain;
}

std::string describe(ProgressState const& state, std::string const& things) {
    std::string text = std::to_string(state.done);
    // In pieces: g++ 12 warns of what it makes of the sum (GCC bug 105651).
    if (state.total) text.append("/").append(std::to_string(*state.total));
    text += " " + things;
    if (state.total) text += "  " + fixed(std::floor(100 * share(state)), 0) + " %";
    if (state.failed > 0) text += "  " + std::to_string(state.failed) + " failed";
    if (state.running > 0) text += "  " + std::to_string(state.running) + " running";
    if (state.done <= state.before || state.elapsed <= 0s) return text;
    double const rate = static_cast<double>(state.done - state.before) / state.elapsed.count();
    text += "  " + rate_text(rate);
    if (!state.total) {
        text += "  for " + clock_text(state.elapsed.count());
    } else if (state.done < *state.total) {
        text += "  " + clock_text(static_cast<double>(*state.total - state.done) / rate);
        if (state.spread >= 1s) text += " +- " + clock_text(state.spread.count());
        text += " left";
    } else {
        text += "  in " + clock_text(state.elapsed.count());
    }
    return text;
}

Progress::Progress(std::string things, std::optional<std::uint64_t> total, ProgressStyle style, Show show,
                   TimeSource time)
    : things_(std::move(things)),
      state_{.total = total},
      style_(style),
      show_(std::move(show)),
      time_(time),
      started_(time.now()),
      next_show_(started_ + interval()) {}

Progress::~Progress() {
    if (style_ == ProgressStyle::none) return;
    show_(style_ == ProgressStyle::bar ? text() + '\n' : text());
}

void Progress::advance(std::uint64_t count) {
    state_.done += count;
    show_if_due();
}

void Progress::update(ProgressState const& state) {
    auto const elapsed = state_.elapsed;
    state_ = state;
    state_.elapsed = elapsed;
    show_if_due();
}

Clock::duration Progress::interval() const {
    return style_ == ProgressStyle::bar ? Clock::duration{bar_interval} : line_interval;
}

void Progress::show_if_due() {
    if (style_ == ProgressStyle::none || time_.now() < next_show_) return;
    show_(text());
    next_show_ = time_.now() + interval();
}

std::string Progress::text() {
    state_.elapsed = time_.now() - started_;
    std::string const words = describe(state_, things_);
    if (style_ == ProgressStyle::plain) return words + '\n';
    std::string cells(static_cast<std::size_t>(share(state_) * bar_width), '#');
    cells.resize(bar_width, '-');
    // The escape clears what a longer text before may have left.
    return "\r[" + cells + "] " + words + "\x1b[K";
}

}  // namespace rankpool
