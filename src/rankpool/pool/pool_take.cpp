// SPDX-License-Identifier: MIT
// How a pool's results reach its owner.
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/protocol/record_check.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/back_trace.hpp"
#include "rankpool/worker/stream.hpp"

#include <cstring>

namespace rankpool::pool {
namespace {

using link::FrameKind;
using link::ResultKind;

std::string why_lost(link::TaskLost const& lost) {
    if (lost.cause == EndCause::over_memory) return "it went over the pool's memory limit";
    if (lost.crashes < 2) return {};
    return "it has taken " + std::to_string(lost.crashes) + " workers with it";
}

/// What is behind the check of the next record; nothing where its worker has written over it.
std::optional<std::span<std::byte const>> next_whole(worker::Records& records) {
    try {
        std::uint32_t check = 0;
        auto const record = records.next();
        if (!record || record->size() < sizeof check) return std::nullopt;
        std::memcpy(&check, record->data(), sizeof check);
        auto const rest = record->subspan(sizeof check);
        if (link::check_of(rest) == check) return rest;
    } catch (Error const&) {
        // It is longer than its frame.
    }
    return std::nullopt;
}

}  // namespace

void PoolClient::take_results(link::Frame const& frame) {
    auto const results = frame.head<FrameKind::results>();
    if (auto const call = find(frame.header.call)) {
        worker::Records records{frame.tail<FrameKind::results>()};
        bool const is_reduction = (call->flags() & link::call_is_reduction) != 0;
        for (std::uint32_t i = 0; i < (is_reduction ? 1 : results.count); ++i) {
            take_next_record(*call, {.task = results.first + i, .rank = frame.header.from.rank}, records);
        }
        call->take_busy(std::chrono::nanoseconds{results.busy_ns});
        call->finished += results.count;
        finish_if_done(*call);
    }
    mailbox_.taken(frame.header.from, frame.payload.size());
}

void PoolClient::take_next_record(Call& call, TaskReport const& report, worker::Records& records) {
    if (auto const record = next_whole(records)) return take_record(call, report, *record);
    fail(call, report,
         std::make_exception_ptr(
             SerializationError("task " + std::to_string(report.task) +
                                ": its result came damaged (its worker's memory is damaged)")));
    drop_input(call, report.task);
}

void PoolClient::take_record(Call& call, TaskReport report, std::span<std::byte const> record) {
    report.bytes = record.size();
    try {
        wire::Source source{record};
        ResultKind kind{};
        source.read(&kind, sizeof kind);
        if ((call.flags() & link::call_is_detailed) != 0) {
            link::Details details;
            source.read(&details, sizeof details);
            report.elapsed = std::chrono::nanoseconds{details.elapsed_ns};
            report.attempts = details.attempts;
        }
        if (!take_passed(call, report, kind)) take_payload(call, report, kind, source);
    } catch (...) {
        // A worker's memory is damaged: that is its task's failure, and no other's.
        fail(call, report, std::current_exception());
    }
    drop_input(call, report.task);
}

/// True where the task's result has passed before this record of it.
bool PoolClient::take_passed(Call& call, TaskReport const& report, ResultKind kind) {
    auto const found = call.passed.extract(report.task);
    if (found.empty()) return false;
    Call::Passed& passed = found.mapped();
    // One that was done again has the result that it had.
    if (!passed.value) return true;
    if (kind != ResultKind::delivered) return false;
    take_large(call, passed.report, passed.kind, std::move(*passed.value));
    return true;
}

void PoolClient::take_payload(Call& call, TaskReport const& given, ResultKind kind, wire::Source& source) {
    TaskReport report = given;
    bool const failed = kind == ResultKind::thrown || kind == ResultKind::unsendable;
    if (failed && (call.flags() & link::call_is_reduction) != 0)
        report.task = wire::decode<std::uint64_t>(source);
    switch (kind) {
        case ResultKind::value:
            try {
                call.take_value(report, source);
            } catch (worker::StreamLost const&) {
                throw;
            } catch (worker::StreamAbandoned const&) {
                throw;
            } catch (...) {
                fail(call, report, std::current_exception());
            }
            return;
        case ResultKind::thrown: {
            auto type_name = wire::decode<std::string>(source);
            auto text = wire::decode<std::string>(source);
            Origin origin{report.rank.value, host_of(report.rank), report.task};
            return fail(call, report,
                        std::make_exception_ptr(RemoteError(std::move(type_name), std::move(text), origin)));
        }
        case ResultKind::unsendable:
            return fail(
                call, report,
                std::make_exception_ptr(SerializationError("task " + std::to_string(report.task) + ": " +
                                                           wire::decode<std::string>(source))));
        case ResultKind::skipped:
            if (auto const error = call.unsent.extract(report.task)) fail(call, report, error.mapped());
            return;
        case ResultKind::delivered:
            break;
    }
    throw SerializationError(
        "task " + std::to_string(report.task) +
        ": what came of it is nothing that a task can give, or did not come (its worker's memory is "
        "damaged)");
}

void PoolClient::take_loss(link::Frame const& frame) {
    auto const call = find(frame.header.call);
    if (!call) return;
    auto const lost = frame.head<FrameKind::task_lost>();
    Origin const origin{lost.rank.value, host_of(lost.rank), lost.task};
    TaskReport const report{.task = lost.task,
                            .rank = lost.rank,
                            .elapsed = std::chrono::nanoseconds{lost.ran_ns},
                            .attempts = std::max(1U, lost.crashes),
                            .pid = lost.pid};
    if (take_passed(*call, report, ResultKind::skipped)) {
        // Its worker has ended behind its result.
    } else if (lost.cause == EndCause::timed_out) {
        fail(*call, report,
             std::make_exception_ptr(TaskTimeout("task " + std::to_string(lost.task) + " on rank " +
                                                     std::to_string(lost.rank.value) + ", host " +
                                                     origin.host + " ran longer than the pool's timeout",
                                                 origin)));
    } else {
        auto const places = frame.tail<FrameKind::task_lost>();
        std::string const trace =
            worker::back_trace({reinterpret_cast<char const*>(places.data()), places.size()});
        fail(*call, report,
             std::make_exception_ptr(WorkerLost(lost.wait_status, why_lost(lost), origin, trace)));
    }
    drop_input(*call, lost.task);
    ++call->finished;
    finish_if_done(*call);
}

void PoolClient::fail(Call& call, TaskReport const& report, std::exception_ptr error) {
    ++call.failed;
    call.take_failure(report, std::move(error));
}

void PoolClient::finish_if_done(Call& call) {
    bool const complete = call.inputs_ended && call.finished == call.fed;
    if (!complete && (!call.input_error || call.keeps_prefix())) return;
    auto const found = calls_.find(call.id);
    if (found == calls_.end()) return;
    show_progress(call);
    finished_.push_back(found->second);
    calls_.erase(found);
    let_go(call);
    send_home(FrameKind::call_close, call.id, link::PoolEnd{});
}

void PoolClient::receive_result(Request const& request) {
    auto const call = find(request.call);
    stream_peer_ = request.worker;
    stream_lost_ = false;
    mailbox_.send(FrameKind::result_granted, request.worker, id_, request.call, request.task);
    TaskReport const report{.task = request.task.task,
                            .rank = request.worker.rank,
                            .elapsed = std::chrono::nanoseconds{request.task.elapsed_ns},
                            .attempts = request.task.attempts};
    auto const kind = static_cast<ResultKind>(request.task.kind);
    bool const goes_on = call && !call->has_taken(report.task);
    bool const streams = goes_on && kind == ResultKind::value && call->takes_streams();
    Call::Passed passed{report, kind, {}};
    bool has_passed = false;
    try {
        worker::Mailbox::InPieces const in_pieces{mailbox_};
        worker::StreamSource stream{mailbox_, request.worker, stream_lost_};
        if (streams) {
            take_payload(*call, report, kind, stream);
        } else if (goes_on) {
            wire::BufferSink bytes;
            stream.pass_to(bytes);
            passed.value.emplace(bytes.bytes());
        }
        has_passed = goes_on;
    } catch (wire::StreamBroken const&) {
        // The worker tells why, or its task is given to another.
    }
    stream_peer_ = {};
    if (has_passed) call->passed.insert_or_assign(report.task, std::move(passed));
}

void PoolClient::take_large(Call& call, TaskReport report, ResultKind kind, Buffer value) {
    report.bytes = value.size();
    try {
        if (kind == ResultKind::value) return call.take_large(report, std::move(value));
        wire::Source source{value.bytes()};
        take_payload(call, report, kind, source);
    } catch (...) {
        fail(call, report, std::current_exception());
    }
}

}  // namespace rankpool::pool
