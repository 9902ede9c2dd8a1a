// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/measured.hpp"
#include "rankpool/batch/session/session_pool.hpp"
#include "rankpool/link/status_messages.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"

#include "tests/support/moved_time.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A pool without workers: while it is waited for it takes all the inputs that there is room for, and gives
/// back the results of the first ones.
class MadeUpPool final : public SessionPool {
  public:
    struct Task {
        std::uint64_t number = 0;  ///< the pool's
        long input = 0;
        TaskPlace place;
        Clock::time_point begun{};  ///< where there is a time
        Clock::time_point ends{};
    };
    /// `ranks`: that are asked what their workers do.
    explicit MadeUpPool(std::size_t ranks = 1) : status_(ranks) {}

    /// Makes the answer to a task; what it throws is what the pool says instead, such as a WorkerLost.
    std::function<Measured<long>(Task const&)> work = succeed;
    std::size_t at_once = 1;  ///< results for each wait
    std::vector<std::string> hosts{"n0"};
    /// With one, waiting passes it: until tasks end, the results of which it then gives back, or as long as
    /// it waits at most.
    support::MovedTime* time = nullptr;
    /// So long a task takes of that, from the moment that it is handed out.
    std::function<Clock::duration(Task const&)> duration = [](auto const&) {
        return std::chrono::seconds{1};
    };

    std::vector<Task> given;  ///< all that has been handed out, in turn
    std::size_t most_under_way = 0;
    std::set<std::string> left_out;
    bool is_shut_down = false;
    int status_queries = 0;

    static Measured<long> succeed(Task const& task) {
        Measured<long> done;
        done.measurement.seconds =
            std::max(0.001, std::chrono::duration<double>(task.ends - task.begun).count());
        done.result = task.input * task.input;
        return done;
    }
    static Measured<long> fail() {
        Measured<long> done;
        done.measurement.error = "no";
        return done;
    }
    /// It could not be begun.
    static Measured<long> refuse() {
        Measured<long> done = fail();
        done.measurement.begun = false;
        return done;
    }
    /// A command did, for this cause.
    static Measured<long> fail(std::string const& cause, std::int64_t peak_memory = 0) {
        Measured<long> done = fail();
        done.measurement.command.emplace();
        done.measurement.command->cause = cause;
        done.measurement.command->peak_memory = peak_memory;
        return done;
    }

    void start(std::shared_ptr<pool::Call> const& call) override { call_ = call; }
    bool wait_for(std::function<bool()> const& done, std::chrono::milliseconds most) override {
        feed();
        if (time) {
            pass_time(time->now() + most);
        } else {
            answer(at_once);
        }
        call_->ready = call_->inputs_ended && under_way_.empty();
        return done();
    }
    void shut_down() override { is_shut_down = true; }
    std::string host_of(Rank rank) const override { return hosts.at(static_cast<std::size_t>(rank.value)); }
    void leave_out(std::string const& host) override { left_out.insert(host); }
    void ask_status() override {
        ++status_queries;
        round_ = status_.ask().round;
    }
    pool::StatusQuery const& status() const override { return status_; }
    std::optional<std::vector<HeldNow>> ask_held() override { return std::nullopt; }

    /// Takes the inputs that there is room for.
    void feed() {
        try {
            while (!call_->inputs_ended && call_->input_room() > 0) take_input();
        } catch (...) {
            call_->input_error = std::current_exception();
            call_->inputs_ended = true;
        }
        most_under_way = std::max(most_under_way, under_way_.size());
    }
    /// Gives back as many results.
    void answer(std::size_t count) {
        for (; count > 0 && !under_way_.empty(); --count) {
            Task const task = under_way_.front();
            under_way_.pop_front();
            give_back(task);
        }
    }
    [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }

    /// The rank says what its workers do.
    void answer_status(std::vector<link::MemberActivity> const& activities) {
        link::StatusAnswer const head{
            .round = round_, .hosts = 1, .count = static_cast<std::uint32_t>(activities.size()), .last = 1};
        wire::BufferSink payload;
        payload.write(&head, sizeof head);
        payload.write(activities.data(), activities.size() * sizeof(link::MemberActivity));
        status_.take({.header = link::header_of(link::FrameKind::status_answered, {}, {}),
                      .payload = payload.bytes()});
    }

  private:
    void take_input() {
        call_->inputs_ended = !call_->has_input();
        if (call_->inputs_ended) return;
        wire::BufferSink sink;
        call_->encode_input(sink);
        call_->advance(call_->fed, false);
        wire::Source source{sink.bytes()};
        Task task{.number = call_->fed++, .input = wire::decode<long>(source), .place = {}};
        wire::decode_into(source, task.place);
        if (time) {
            task.begun = time->now();
            task.ends = task.begun + duration(task);
        }
        given.push_back(task);
        under_way_.push_back(task);
    }

    void pass_time(Clock::time_point until) {
        for (auto const& task : under_way_) until = std::min(until, task.ends);
        time->pass(until - time->now());
        std::deque<Task> ended;
        std::ranges::copy_if(under_way_, std::back_inserter(ended),
                             [&](auto const& one) { return one.ends <= until; });
        std::erase_if(under_way_, [&](auto const& one) { return one.ends <= until; });
        for (auto const& task : ended) give_back(task);
    }

    void give_back(Task const& task) {
        Rank const rank{static_cast<int>(task.number % hosts.size())};
        pool::TaskReport const report{.task = task.number, .rank = rank};
        try {
            wire::BufferSink sink;
            wire::encode(sink, work(task));
            wire::Source source{sink.bytes()};
            call_->take_value(report, source);
        } catch (...) {
            call_->take_failure(report, std::current_exception());
        }
    }

    std::shared_ptr<pool::Call> call_;
    std::deque<Task> under_way_;
    pool::StatusQuery status_;
    std::uint64_t round_ = 0;
};

}  // namespace rankpool::batch
