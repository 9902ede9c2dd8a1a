// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include "tests/simulate/machine.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace rankpool::simulate {

/// A process with one thread: does one thing after another, in the order in which they come.
using StationId = Id<struct StationKind, std::uint32_t>;

/// What a process is to do next: a message has come, or it has something to do by itself.
struct Job {
    enum class Kind : std::uint8_t {
        feed,      ///< the owner: send a parcel of inputs
        tasks,     ///< home: a parcel has come
        call,      ///< host: pass on what the call is
        batch,     ///< host: pass on a batch
        recall,    ///< host: take back what a worker has not begun
        report,    ///< worker: a batch, or part of it, is done
        results,   ///< host, home, then owner: results
        recalled,  ///< home: what has been taken back
        look,      ///< home: do members wait?
        loss,      ///< home: a rank is lost
    };

    Kind kind{};
    Rank from{};      ///< the rank that it comes from
    Member member{};  ///< whom it concerns
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    schedule::Ticket ticket{};
    std::uint32_t shares = 0;
    Nanoseconds busy{0};
    bool is_joined = false;  ///< it is in the same message as the one before it
};

/// The processes, each with what it has to do, and the cores that they share.
class Stations {
  public:
    /// `cores` at a time work; 0: all.
    Stations(std::size_t count, double cores)
        : stations_(count), cores_{cores > 0 ? static_cast<std::int64_t>(cores) : INT64_MAX} {}

    /// A job for `at`; true if that is to begin now.
    bool add(StationId at, Job const& job) {
        Station& station = get(at);
        station.jobs.push_back(job);
        return begins(at, station);
    }
    /// The job at hand: it is what the station does from now on.
    Job next(StationId at) {
        Station& station = get(at);
        Job const job = station.jobs.front();
        station.jobs.pop_front();
        return job;
    }
    /// The station's job is over; returns who is to begin now: it or others that have waited for a core.
    /// Where it `stays` and has nothing else to do it keeps its core until it is told to yield.
    std::vector<StationId> end(StationId at, Nanoseconds now, bool stays) {
        Station& station = get(at);
        station.works = false;
        station.idle_since = now;
        if (stays && station.jobs.empty()) {
            station.stays = true;
            return {};
        }
        return give_core(at);
    }
    /// The number by which it is to yield, where it stays.
    [[nodiscard]] std::optional<std::uint64_t> stays_at(StationId at) const {
        Station const& station = stations_.at(at.value);
        return station.stays ? std::optional{station.turn} : std::nullopt;
    }
    /// It gives up its core unless it has had something to do since; returns who is to begin now.
    std::vector<StationId> yield(StationId at, std::uint64_t turn) {
        Station& station = get(at);
        if (!station.stays || station.turn != turn) return {};
        station.stays = false;
        return give_core(at);
    }
    /// Jobs that wait behind the one at hand, of at most so many messages.
    [[nodiscard]] std::size_t waiting_at(StationId at, std::size_t messages) const {
        auto const& jobs = stations_.at(at.value).jobs;
        auto const beyond = std::find_if(jobs.begin(), jobs.end(), [&messages](Job const& job) {
            return !job.is_joined && messages-- == 0;
        });
        return static_cast<std::size_t>(beyond - jobs.begin());
    }
    [[nodiscard]] Nanoseconds idle_since(StationId at) const { return stations_.at(at.value).idle_since; }
    void forget(StationId at) { get(at).jobs.clear(); }

  private:
    struct Station {
        std::deque<Job> jobs;
        bool works = false;
        bool waits = false;      ///< for a core
        bool stays = false;      ///< has a core and nothing to do
        std::uint64_t turn = 0;  ///< of staying
        Nanoseconds idle_since{-1e18};
    };

    Station& get(StationId at) { return stations_.at(at.value); }
    bool begins(StationId at, Station& station) {
        if (station.works || station.waits || station.jobs.empty()) return false;
        if (station.stays) {
            station.stays = false;
            ++station.turn;
            station.works = true;
            return true;
        }
        if (cores_ == 0) {
            station.waits = true;
            waiting_.push_back(at);
            return false;
        }
        --cores_;
        station.works = true;
        return true;
    }

    /// Who has waited for a core comes first.
    std::vector<StationId> give_core(StationId at) {
        std::vector<StationId> begin;
        Station& station = get(at);
        ++cores_;
        if (!station.jobs.empty() && !waiting_.empty()) {
            station.waits = true;
            waiting_.push_back(at);
        } else if (begins(at, station)) {
            begin.push_back(at);
        }
        while (cores_ > 0 && !waiting_.empty()) {
            StationId const other = waiting_.front();
            waiting_.pop_front();
            get(other).waits = false;
            if (begins(other, get(other))) begin.push_back(other);
        }
        return begin;
    }

    std::vector<Station> stations_;
    std::int64_t cores_;
    std::deque<StationId> waiting_;
};

}  // namespace rankpool::simulate
