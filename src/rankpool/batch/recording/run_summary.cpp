// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/run_summary.hpp"

#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

std::string workers_in_words(int workers) {
    return counted(static_cast<std::size_t>(workers), "worker");
}

/// Which the job has gone on without.
std::string loss_of_ranks(std::size_t count) {
    return count == 0 ? "" : ", " + counted(count, "rank") + " lost";
}

}  // namespace

std::string run_summary(Tally const& tally, double seconds, int workers, std::size_t lost_ranks,
                        std::filesystem::path const& run) {
    double const capacity = seconds * workers;
    double const efficiency = capacity > 0 ? std::min(1.0, tally.busy / capacity) : 0;
    std::string text =
        fmt::format("{} ok, {} failed, {} lost", tally.all_ok(), tally.all_failed(), tally.all_lost());
    if (tally.total) text += fmt::format(" of {}", *tally.total);
    text += fmt::format(" in {} on {}{}, efficiency {:.0f} %, {}", duration_text(seconds),
                        workers_in_words(workers), loss_of_ranks(lost_ranks), 100 * efficiency,
                        printable(run.string()));
    auto const before = tally.ok_before + tally.failed_before + tally.lost_before;
    if (before > 0) text += fmt::format(" ({} of them before)", before);
    return text;
}

std::string expectation(EarlierTasks const& earlier, std::uint64_t tasks, double rounds, int workers) {
    double const turns = std::max(std::ceil(static_cast<double>(tasks) / workers), rounds);
    auto text = fmt::format("it would take about {} on {}: {} each by {} of {}",
                            duration_text(turns * earlier.seconds), workers_in_words(workers),
                            duration_text(earlier.seconds), earlier.count, earlier.run.string());
    if (earlier.memory > 0)
        text += fmt::format(", with up to {} of memory", size_text(static_cast<double>(earlier.memory)));
    return text;
}

}  // namespace rankpool::batch
