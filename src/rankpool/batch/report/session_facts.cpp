// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/session_facts.hpp"

#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/schema.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr std::size_t throughput_parts = 120;
/// Breaks shorter than this part of the wall time are not drawn.
constexpr double visible = 1.0 / 800;
constexpr std::size_t spans_of_worker = 2000;

/// Members of a pool go round the ranks.
int workers_of_rank(Session const& session, int rank) {
    return std::max(1, (session.workers - rank + session.ranks - 1) / std::max(1, session.ranks));
}

class Reader {
  public:
    Reader(SQLite::Database& database, SessionFacts& facts) : database_(database), facts_(facts) {
        facts_.throughput.assign(throughput_parts, 0);
    }

    void read(std::int64_t number) {
        Statement row{database_,
                      std::string{"SELECT rank, pid, host, started, seconds, peak_memory, outcome, "} +
                          (keeps_processors(database_) ? "processor" : "NULL") +
                          " FROM attempts WHERE session = ? ORDER BY rowid"};
        row.bind(1, number);
        while (row.executeStep()) take(row);
        for (auto& [rank, processes] : ranks_) add_workers(rank, processes);
    }

  private:
    /// One process of a worker, and whether it has ended before the session.
    struct Process {
        WorkerLine line;
        bool ended = false;
    };
    using Processes = std::map<int, Process>;

    void take(Statement& row) {
        auto const begin = std::max(0.0, moment_in(row, 3) - facts_.session.started);
        auto const end = begin + seconds_in(row, 4);
        std::string const outcome = text_in(row, 6);
        bool const failed = outcome != "ok";
        count(end);
        int const rank = small_number(row, 0);
        Process& process = ranks_[rank][small_number(row, 1)];
        WorkerLine& line = process.line;
        if (line.tasks == 0) {
            line.rank = rank;
            line.host = text_in(row, 2);
            line.first = begin;
        }
        ++line.tasks;
        if (failed) ++(outcome == "lost" ? line.lost : line.failed);
        process.ended |= outcome == "lost" || outcome == "timeout";
        line.busy += end - begin;
        line.first = std::min(line.first, begin);
        line.last = std::max(line.last, end);
        line.peak_memory = std::max(line.peak_memory, count_in(row, 5));
        line.is_bound |= !row.getColumn(7).isNull();
        add_span(line, {begin, end, failed});
    }

    void count(double end) {
        double const part = facts_.wall > 0 ? end / facts_.wall * throughput_parts : 0;
        constexpr double last = throughput_parts - 1;
        ++facts_.throughput[static_cast<std::size_t>(std::min(part, last))];
    }

    void add_span(WorkerLine& line, BusySpan span) const {
        auto& spans = line.spans;
        bool const joins =
            !spans.empty() && spans.back().failed == span.failed &&
            (span.begin - spans.back().end < facts_.wall * visible || spans.size() >= spans_of_worker);
        if (joins) {
            spans.back().end = std::max(spans.back().end, span.end);
        } else {
            spans.push_back(span);
        }
    }

    /// Makes one line of each process and those that came in its place.
    void add_workers(int rank, Processes& processes) {
        std::vector<Process> sorted;
        for (auto& [pid, process] : processes) sorted.push_back(std::move(process));
        std::ranges::stable_sort(sorted, {}, [](Process const& process) { return process.line.first; });
        auto const room = static_cast<std::size_t>(workers_of_rank(facts_.session, rank));
        std::vector<Process> places;
        for (auto& process : sorted) {
            auto const vacant = std::ranges::find_if(places, &Process::ended);
            if (vacant != places.end()) {
                join(*vacant, process);
            } else if (places.size() < room) {
                places.push_back(std::move(process));
            } else {
                join(*std::ranges::min_element(places, {}, [](Process const& at) { return at.line.last; }),
                     process);
            }
        }
        for (auto& place : places) facts_.workers.push_back(std::move(place.line));
    }

    static void join(Process& to, Process const& successor) {
        WorkerLine& line = to.line;
        WorkerLine const& more = successor.line;
        line.tasks += more.tasks;
        line.failed += more.failed;
        line.lost += more.lost;
        line.busy += more.busy;
        line.last = std::max(line.last, more.last);
        line.peak_memory = std::max(line.peak_memory, more.peak_memory);
        line.is_bound |= more.is_bound;
        line.spans.insert(line.spans.end(), more.spans.begin(), more.spans.end());
        to.ended = successor.ended;
    }

    SQLite::Database& database_;
    SessionFacts& facts_;
    std::map<int, Processes> ranks_;
};

/// One that was killed has no end: the last that is known of it counts.
double end_of(SQLite::Database& database, Session const& session, std::int64_t number) {
    if (session.ended > 0) return session.ended;
    Statement last{database, "SELECT max(started + seconds) FROM attempts WHERE session = ?"};
    last.bind(1, number);
    last.executeStep();
    return number_in(last, 0, 0, 1e13);
}

}  // namespace

SessionFacts read_session_facts(SQLite::Database& database, Session session, std::int64_t number) {
    SessionFacts facts;
    facts.wall = std::max(0.0, end_of(database, session, number) - session.started);
    facts.session = std::move(session);
    Reader{database, facts}.read(number);
    return facts;
}

std::vector<HostLine> SessionFacts::hosts() const {
    std::map<std::string, HostLine> lines;
    // Also those that had nothing to do.
    std::istringstream names{session.hosts};
    for (std::string name; names >> name;) lines[name].host = name;
    std::map<int, std::string> ranks;
    for (auto const& worker : workers) {
        HostLine& line = lines[worker.host];
        line.host = worker.host;
        line.tasks += worker.tasks;
        line.failed += worker.failed;
        line.lost += worker.lost;
        line.busy += worker.busy;
        line.peak_memory = std::max(line.peak_memory, worker.peak_memory);
        line.bound += worker.is_bound ? 1 : 0;
        ranks.emplace(worker.rank, worker.host);
    }
    for (auto const& [rank, host] : ranks) {
        ++lines[host].ranks;
        lines[host].workers += workers_of_rank(session, rank);
    }
    // A rank that had nothing to do has not told where it was; on one machine that is known.
    if (lines.size() == 1) {
        lines.begin()->second.ranks = session.ranks;
        lines.begin()->second.workers = session.workers;
    }
    std::vector<HostLine> all;
    all.reserve(lines.size());
    for (auto& [name, line] : lines) all.push_back(std::move(line));
    return all;
}

TimeBreakdown SessionFacts::breakdown() const {
    TimeBreakdown breakdown;
    breakdown.capacity = wall * session.workers;
    double between = 0;
    for (auto const& worker : workers) {
        breakdown.busy += worker.busy;
        breakdown.start += worker.first;
        between += std::max(0.0, worker.last - worker.first - worker.busy);
        breakdown.tail += std::max(0.0, wall - worker.last);
    }
    breakdown.serialising = std::min(between, session.serialising);
    breakdown.waiting = between - breakdown.serialising;
    breakdown.unused = std::max(0.0, session.workers - static_cast<double>(workers.size())) * wall;
    return breakdown;
}

}  // namespace rankpool::batch
