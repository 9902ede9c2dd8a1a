// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/status_file.hpp"

#include "rankpool/batch/columns/json_fields.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

char const* word_for(WorkerNow::Activity activity) {
    switch (activity) {
        case WorkerNow::Activity::task:
            return "task";
        case WorkerNow::Activity::sending:
            return "sending";
        case WorkerNow::Activity::waiting:
            break;
    }
    return "waiting";
}

Json workers_of(Tally const& tally) {
    Json list = Json::array();
    for (auto const& worker : tally.now) {
        Json json{{"rank", worker.rank},
                  {"pid", worker.pid},
                  {"host", worker.host},
                  {"doing", word_for(worker.activity)}};
        auto const trace = tally.workers.find({worker.rank, worker.pid});
        bool const has_done = trace != tally.workers.end();
        if (worker.activity != WorkerNow::Activity::waiting) {
            json["task"] = worker.task;
            json["input"] = worker.input;
            json["since"] = worker.since;
        } else if (has_done) {
            json["since"] = trace->second.last_seen;
        }
        json["tasks"] = has_done ? trace->second.tasks : 0;
        json["busy_seconds"] = has_done ? trace->second.busy : 0;
        list.push_back(std::move(json));
    }
    return list;
}

Json held_of(Tally const& tally) {
    Json list = Json::array();
    for (auto const& held : tally.held) {
        Json json{{"object", held.object},
                  {"process", held.process},
                  {"rank", held.rank},
                  {"waits", held.waits},
                  {"amount", held.amount}};
        if (held.seconds) json["seconds"] = *held.seconds;
        list.push_back(std::move(json));
    }
    return list;
}

Json failures_of(Tally const& tally) {
    Json list = Json::array();
    std::vector<std::pair<std::string, std::uint64_t>> sorted(tally.failures.begin(), tally.failures.end());
    std::ranges::stable_sort(sorted, std::greater{}, [](auto const& failure) { return failure.second; });
    for (auto const& [message, count] : sorted) list.push_back({{"count", count}, {"error", message}});
    return list;
}

Json times_of(std::vector<TaskTime> const& times) {
    Json list = Json::array();
    for (auto const& [task, seconds] : times) list.push_back({{"task", task}, {"seconds", seconds}});
    return list;
}

}  // namespace

std::string to_json(LiveStatus const& status) {
    Tally const& tally = status.tally;
    Json json{{"job", status.job},         {"things", status.things}, {"state", status.state},
              {"pid", status.pid},         {"host", status.host},     {"started", status.started},
              {"written", status.written}, {"seconds", status.wall},  {"pool_workers", status.workers}};
    json["seed"] = std::to_string(status.seed);  // beyond the numbers that JSON's readers take
    json["total"] = tally.total ? Json(*tally.total) : Json(nullptr);
    json["ok"] = tally.all_ok();
    json["failed"] = tally.all_failed();
    json["lost"] = tally.all_lost();
    json["retried"] = tally.retried;
    json["in_flight"] = tally.in_flight;
    json["done_before"] = tally.ok_before + tally.failed_before + tally.lost_before;
    auto const done_now = tally.ok + tally.failed + tally.lost;
    double const rate = status.wall > 0 ? static_cast<double>(done_now) / status.wall : 0;
    json["rate"] = rate;
    json["mean_seconds"] = tally.mean();
    if (tally.total && rate > 0 && *tally.total >= tally.done()) {
        json["seconds_left"] = static_cast<double>(*tally.total - tally.done()) / rate;
        json["seconds_left_spread"] =
            tally.progress(static_cast<std::uint64_t>(status.workers)).spread.count();
    }
    json["failures"] = failures_of(tally);
    json["slowest"] = times_of(tally.slowest);
    json["workers"] = workers_of(tally);
    json["workers_left_out"] = tally.now_left_out;
    json["held"] = held_of(tally);
    return dumped(json, 1) + "\n";
}

}  // namespace rankpool::batch
