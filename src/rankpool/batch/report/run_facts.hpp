// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/report/session_facts.hpp"
#include "rankpool/batch/store/run_record.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Bars of the histogram of durations for each factor of ten.
constexpr int durations_per_decade = 5;

/// A task worth naming.
struct TaskFacts {
    std::int64_t task = 0;
    std::string input;
    std::string outcome;
    std::string error;
    std::string host;
    int rank = 0;
    std::int64_t attempts = 0;
    double seconds = 0;
    std::int64_t peak_memory = 0;
};

/// All that the report tells; its size does not grow with the number of tasks.
struct RunFacts {
    RunRecord record;
    std::int64_t ok = 0;
    std::int64_t failed = 0;
    std::int64_t lost = 0;
    std::int64_t inputs = 0;
    std::int64_t attempts = 0;
    double shortest = 0;
    double longest = 0;
    double mean = 0;
    std::vector<std::pair<double, std::int64_t>> durations;  ///< lower edge and count, edges in equal ratios
    std::vector<SessionFacts> sessions;
    std::vector<TaskFacts> slowest;
    std::vector<TaskFacts> failures;
    std::vector<std::pair<std::int64_t, std::string>> messages;  ///< the most frequent, with their counts
    std::int64_t different_messages = 0;
    std::string lack;  ///< what is not told of, in words
};

/// Reads them from a run's database, see DatabaseView.
RunFacts read_facts(std::filesystem::path const& database);

}  // namespace rankpool::batch
