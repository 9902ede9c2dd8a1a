// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/run_record.hpp"
#include "rankpool/batch/store.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// A stretch of time in which a worker was busy without a break worth seeing, seconds from the session's
/// start.
struct BusySpan {
    double begin = 0;
    double end = 0;
    bool failed = false;
};

/// One worker process of a session.
struct WorkerLine {
    int rank = 0;
    int pid = 0;
    std::string host;
    std::int64_t tasks = 0;
    std::int64_t failed = 0;
    double busy = 0;
    double first = 0;  ///< start of its first task, seconds from the session's start
    double last = 0;   ///< end of its last
    std::int64_t peak_memory = 0;
    std::vector<BusySpan> spans;
};

/// One session as its attempts show it.
struct SessionFacts {
    Session session;
    double wall = 0;  ///< seconds
    std::vector<WorkerLine> workers;
    std::vector<std::int64_t> throughput;  ///< tasks that ended in each of equal parts of the wall time
};

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
    std::vector<std::pair<std::int64_t, std::string>> messages;
};

/// Reads them from a run's database. Throws InputError as open_database does.
RunFacts read_facts(std::filesystem::path const& database);

}  // namespace rankpool::batch
