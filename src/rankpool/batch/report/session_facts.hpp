// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/run_record.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A stretch of time in which a worker was busy without a break worth seeing, seconds from the session's
/// start.
struct BusySpan {
    double begin = 0;
    double end = 0;
    bool failed = false;
};

/// One worker of a session, with those that replaced it when it was lost.
struct WorkerLine {
    int rank = 0;
    std::string host;
    std::int64_t tasks = 0;
    std::int64_t failed = 0;  ///< time-outs among them
    std::int64_t lost = 0;
    double busy = 0;
    double first = 0;  ///< start of its first task, seconds from the session's start
    double last = 0;   ///< end of its last
    std::int64_t peak_memory = 0;
    bool is_bound = false;  ///< it ran on one processor alone
    std::vector<BusySpan> spans;
};

/// What the workers of one machine have done.
struct HostLine {
    std::string host;
    int ranks = 0;
    int workers = 0;
    int bound = 0;  ///< workers that ran on one processor alone, of those that had a task
    std::int64_t tasks = 0;
    std::int64_t failed = 0;
    std::int64_t lost = 0;
    double busy = 0;
    std::int64_t peak_memory = 0;  ///< of one worker
};

/// Where a session's time went, in seconds of all its workers together.
struct TimeBreakdown {
    double capacity = 0;
    double busy = 0;
    double start = 0;        ///< before each worker's first task
    double serialising = 0;  ///< arguments and results, as far as it is known
    double waiting = 0;      ///< from task to task: handing out, results on their way
    double tail = 0;         ///< after each worker's last task
    double unused = 0;       ///< of workers that had no task at all
};

/// One session as its attempts show it.
struct SessionFacts {
    Session session;
    double wall = 0;  ///< seconds
    std::vector<WorkerLine> workers;
    std::vector<std::int64_t> throughput;  ///< tasks that ended in each of equal parts of the wall time

    [[nodiscard]] std::vector<HostLine> hosts() const;
    [[nodiscard]] TimeBreakdown breakdown() const;
};

/// Reads the attempts of the `number`th session.
SessionFacts read_session_facts(SQLite::Database& database, Session session, std::int64_t number);

}  // namespace rankpool::batch
