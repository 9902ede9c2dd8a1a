// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool_client.hpp"

#include "rankpool/pool/reading.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/own_thread.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::pool {
namespace {

using link::FrameKind;

/// Calls of this process that have been ready.
std::uint64_t ended_calls = 0;

std::size_t require_size(long size) {
    if (size >= 1 && size <= static_cast<long>(link::most_members)) return static_cast<std::size_t>(size);
    throw UsageError("cannot make a pool of " + std::to_string(size) + " workers (it may have 1 to " +
                     std::to_string(link::most_members) + "). Leave the size out for one on every rank?");
}

/// Pools of one process are told apart by a count, which passes by those that are still there when it begins
/// again; those of one rank by the process.
PoolId fresh_id(worker::Mailbox const& mailbox) {
    static std::uint64_t count = 0;
    Address const owner = mailbox.self();
    std::uint64_t const process = std::uint64_t{owner.slot.value & 0xfffffU} << 44U |
                                  std::uint64_t{owner.generation.value & 0xfffffU} << 24U;
    PoolId id;
    do {
        id = PoolId{process | (count++ & 0xffffffU)};
    } while (mailbox.is_enlisted(id));
    return id;
}

}  // namespace

PoolClient::PoolClient(worker::Mailbox& mailbox, long size, PoolOptions const& options)
    : mailbox_(mailbox),
      id_(fresh_id(mailbox)),
      size_(require_size(size)),
      status_(worker::this_worker().does_own_tasks
                  ? 0
                  : std::min(size_, static_cast<std::size_t>(mailbox.welcome().ranks))) {
    if (worker::this_worker().does_own_tasks) hands_.emplace(options.retries);
    send_terms(options);
    mailbox_.enlist(id_, *this);
    if (hands_) initialise_own(options.initializer);
}

PoolClient::~PoolClient() {
    mailbox_.dismiss(id_);
}

void PoolClient::resize(long size) {
    std::size_t const wanted = require_size(size);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_ || ending_) throw UsageError("cannot resize this pool (it has been closed). Make a new one?");
    size_ = wanted;
    for (auto const& [id, call] : calls_) call->workers = size_;
    send_home(FrameKind::pool_resize, {}, link::PoolSize{size_});
}

void PoolClient::rest(Rank rank) {
    send_home(FrameKind::pool_rest, {}, link::PoolRest{rank});
}

std::string PoolClient::host_of(Rank rank) const {
    auto const index = static_cast<std::size_t>(rank.value);
    return index < mailbox_.hosts().size() ? mailbox_.hosts()[index] : std::string{"unknown"};
}

std::shared_ptr<Call> PoolClient::find(CallId call) {
    auto const found = calls_.find(call);
    return found == calls_.end() ? nullptr : found->second;
}

void PoolClient::require_open() const {
    worker::require_own_thread("a pool");
    if (broken_) std::rethrow_exception(broken_);
    if (closed_ || ending_) {
        throw UsageError("cannot start a call on this pool (it has been closed). Make a new one?");
    }
}

void PoolClient::start(std::shared_ptr<Call> const& call) {
    require_open();
    launch(call);
}

void PoolClient::poke() {
    Awaiting const none{nullptr};
    mailbox_.pump();
}

bool PoolClient::wait(Call& call, Deadline const& deadline) {
    worker::require_own_thread("a pool");
    if (call.is_reading && !call.ready) {
        throw UsageError(
            "cannot wait for a call while its inputs are read (it cannot end before them). "
            "Wait for another one?");
    }
    Awaiting const awaiting{&call};
    bool const done = mailbox_.wait([&] { return call.ready || call.answered; }, deadline);
    if (done) hear_callback_error(call);
    return done;
}

void PoolClient::wait_to_end(Call& call) {
    struct End {
        PoolClient& client;
        Call& call;
        ~End() { client.cancel(call); }
    } const end{*this, call};
    wait(call);
}

void PoolClient::hear_callback_error(Call& call) {
    auto const error = std::exchange(call.callback_error, {});
    if (error && *error) std::rethrow_exception(std::exchange(*error, {}));
}

void PoolClient::cancel(Call& call) {
    // The results of an imap may be let go of in another thread; they are then read by nobody.
    if (!call.is_open || !worker::is_own_thread()) return;
    auto const found = calls_.find(call.id);
    auto const held = found->second;
    calls_.erase(found);
    std::erase(feeding_, held);
    let_go(call);
    send_home(FrameKind::call_close, call.id, link::PoolEnd{});
}

/// The call has ended, or is not wanted any more: frees what was kept for it.
void PoolClient::let_go(Call& call) {
    call.is_open = false;
    if (hands_) hands_->forget(call.id);
    if (std::exchange(call.shown, nullptr)) --shown_;
    buffered_ -= call.buffered;
    call.buffered = 0;
    call.held.clear();
    call.passed.clear();
    call.unsent.clear();
    call.drop_all_kept();
    // Not in the middle of the range's own code.
    if (!call.is_reading) call.release_inputs();
}

void PoolClient::show_progress(Call& call) {
    if (!call.shown) return;
    auto const total = call.inputs_ended ? call.fed : call.announced;
    call.shown->update({.done = call.finished, .total = total, .failed = call.failed});
}

void PoolClient::ask_status() {
    worker::require_own_thread("a pool");
    if (!ending_) send_home(FrameKind::status_asked, {}, status_.ask());
}

void PoolClient::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::results:
            return take_results(frame);
        case FrameKind::task_lost:
            return take_loss(frame);
        case FrameKind::call_withdrawn:
            if (auto const call = find(frame.header.call)) {
                call->withdrawn = frame.head<FrameKind::call_withdrawn>().is_done != 0;
            }
            return;
        case FrameKind::credit:
            if (auto const call = find(frame.header.call)) {
                drop_buffered(*call, frame.head<FrameKind::credit>().bytes);
            }
            return;
        case FrameKind::input_wanted:
            return inputs_wanted_.push_back(
                {frame.header.from, frame.header.call, frame.head<FrameKind::input_wanted>()});
        case FrameKind::result_offered:
            return results_offered_.push_back(
                {frame.header.from, frame.header.call, frame.head<FrameKind::result_offered>()});
        case FrameKind::worker_gone:
            return take_departure(frame.head<FrameKind::worker_gone>().address);
        case FrameKind::status_answered:
            return status_.take(frame);
        case FrameKind::pool_broken:
            return take_break(frame);
        case FrameKind::pool_closed:
            ended_ = true;
            return;
        default:
            return;
    }
}

bool PoolClient::work() {
    // The user's code may let go of the pool.
    auto const self = weak_from_this().lock();
    if (shown_ > 0) {
        for (auto const& [id, call] : calls_) show_progress(*call);
    }
    if (hands_) return work_with_own_hands();
    bool any = receive_offered();
    any |= send_wanted();
    any |= feed_in_turn();
    return any;
}

bool PoolClient::receive_offered() {
    if (results_offered_.empty()) return false;
    Request const request = results_offered_.front();
    results_offered_.pop_front();
    receive_result(request);
    return true;
}

bool PoolClient::send_wanted() {
    if (inputs_wanted_.empty()) return false;
    Request const request = inputs_wanted_.front();
    inputs_wanted_.pop_front();
    send_input(request);
    return true;
}

template <class Run>
void PoolClient::run_callback(Call& call, Run run) {
    Awaiting const anything{Awaited{}};
    try {
        run();
    } catch (...) {
        // For whoever asks for this result, not for whoever waits for something else just now.
        if (call.callback_error && *call.callback_error) return;
        call.callback_error = std::make_shared<std::exception_ptr>(std::current_exception());
        if (!callback_error_ || !*callback_error_) callback_error_ = call.callback_error;
    }
}

bool PoolClient::call_back() {
    if (finished_.empty()) return false;
    auto const self = weak_from_this().lock();
    while (!finished_.empty()) {
        auto const call = finished_.front();
        finished_.pop_front();
        answer(call);
    }
    return true;
}

bool PoolClient::call_back_awaited() {
    auto const awaited = std::ranges::find_if(
        finished_, [](std::shared_ptr<Call> const& call) { return Reading::is_awaited(*call); });
    if (awaited == finished_.end()) return false;
    auto const self = weak_from_this().lock();
    auto const call = *awaited;
    finished_.erase(awaited);
    answer(call);
    return true;
}

/// It is ready, and all who are to be told are.
void PoolClient::answer(std::shared_ptr<Call> const& call) {
    auto const self = weak_from_this().lock();
    run_callback(*call, [&] { call->complete(); });
    call->answered = call->ready = true;
    call->ended_as = ++ended_calls;
    while (!call->when_done.empty()) {
        auto const then = std::move(call->when_done.front());
        call->when_done.pop_front();
        run_callback(*call, [&] { then(self, call); });
    }
}

void PoolClient::take_departure(Address worker) {
    mailbox_.forget(worker);
    if (stream_peer_ == worker) stream_lost_ = true;
    auto const is_its = [&](Request const& request) { return request.worker == worker; };
    std::erase_if(inputs_wanted_, is_its);
    std::erase_if(results_offered_, is_its);
}

}  // namespace rankpool::pool
