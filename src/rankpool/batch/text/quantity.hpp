// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// `90s`, `1h30m`, `250ms`, `2d`, `0.5s`, the longest unit first; a number alone is seconds. As Slurm writes
/// it `1:30` (minutes), `1:30:00`, `2-00:00:00`, `2-12` (days and hours). Nothing where the text is no
/// duration or says two things, as `1h30` does.
std::optional<std::chrono::nanoseconds> parse_duration(std::string const& text);

/// `512M`, `2g`, `1.5GiB`, `4Gi`, `2mb`, `4096`: bytes, in powers of 1024. Nothing where the text is no size.
std::optional<std::uint64_t> parse_size(std::string const& text);

/// A number of tasks, or a share of all.
struct Share {
    double value = 0;
    bool is_percent = false;
};
/// `10` or `5%`. Nothing where the text is neither.
std::optional<Share> parse_share(std::string const& text);

/// Of `300%` the share, 3. Nothing where the text is no percentage above 0.
std::optional<double> parse_percent(std::string const& text);

/// `40 us`, `8.1 ms`, `1.2 s`, `42 s`, `3:20 min`, `5:02:11 h`.
std::string duration_text(double seconds);
/// `1 worker`, `2 workers`.
std::string counted(std::size_t count, std::string const& thing);
/// `0.2 /s`, `40 /s`, `60 k/s`; without a unit `40`, `1.5 M`.
std::string amount_text(double amount, std::string const& unit);
/// `850 kB`, `1.2 GB`.
std::string size_text(double bytes);

/// Seconds since 1970.
double now_seconds();
/// `2024-05-17 13:02:44`, local time.
std::string time_text(double seconds_since_1970);

}  // namespace rankpool::batch
