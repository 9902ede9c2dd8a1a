// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool_client.hpp"

#include "rankpool/core/outside.hpp"
#include "rankpool/pool/reading.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/own_thread.hpp"
#include "rankpool/worker/stream.hpp"
#include "rankpool/worker/surroundings.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::pool {
namespace {

using link::FrameKind;

/// What is bound to a callable travels with the call's terms up to this size.
constexpr std::size_t largest_bound = 64 * 1024;

/// Calls of this process that have been ready.
std::uint64_t ended_calls = 0;

UsageError bad_size(long size) {
    return UsageError("cannot make a pool of " + std::to_string(size) +
                      " workers (it needs at least one). Leave the size out for one on every rank?");
}

std::uint64_t units_of(std::optional<long> maxtasksperchild) {
    if (!maxtasksperchild) return 0;
    if (*maxtasksperchild > 0) return static_cast<std::uint64_t>(*maxtasksperchild);
    throw UsageError("cannot replace workers after " + std::to_string(*maxtasksperchild) +
                     " tasks (maxtasksperchild must be at least 1). Leave it out for never?");
}

std::uint64_t total_of(Call& call) {
    if (auto const total = call.total()) return *total;
    throw UsageError(
        "cannot cut the inputs into equal blocks (the range does not know how many it has). "
        "Put them into a std::vector, or leave the schedule dynamic?");
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
      size_(size > 0 ? static_cast<std::size_t>(size) : throw bad_size(size)),
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

void PoolClient::shut_down() noexcept {
    try {
        terminate();
        mailbox_.wait([this] { return ended_; });
    } catch (...) {
        // Only callbacks throw here, and there is nobody left to tell.
    }
}

void PoolClient::send_terms(PoolOptions const& options) {
    if (options.timeout.count() < 0)
        throw UsageError("cannot set a timeout below zero. Leave it out for none?");
    link::PoolTerms terms;
    terms.size = size_;
    terms.maxtasksperchild = units_of(options.maxtasksperchild);
    terms.crash_limit = std::max(1U, options.crash_limit);
    terms.timeout_ns = options.timeout.count();
    terms.memory_limit = options.memory_limit;
    terms.retries = options.retries;
    terms.tag_output = options.tag_output ? 1 : 0;
    terms.bind = options.bind == Bind::automatic ? 1 : 0;
    terms.owner = mailbox_.self();
    terms.home = mailbox_.self().rank;
    retries_ = options.retries;
    wire::BufferSink bound{largest_bound};
    if (auto const function = options.initializer.function(); function && !hands_) {
        initializer_ = locate(bound, pins_, [&](wire::Sink& sink) { options.initializer.encode(sink); });
        terms.initializer = {*function, 1, initializer_ ? initializer_->id() : link::BlobId{}};
    }
    auto rest = worker::changed_surroundings(worker::this_worker().name, {options.environment, options.cwd});
    terms.surroundings_bytes = static_cast<std::uint32_t>(rest.size());
    rest.insert(rest.end(), bound.bytes().begin(), bound.bytes().end());
    send_home(FrameKind::pool_open, {}, terms, rest);
}

/// Encodes what is bound to a callable into `bound`, or sends it to all ranks at once where it is large.
std::unique_ptr<worker::OpenBlob> PoolClient::locate(wire::BufferSink& bound, worker::Pins& pins,
                                                     std::function<void(wire::Sink&)> const& encode) {
    worker::TransferScope const transfer{pins};
    try {
        encode(bound);
        return nullptr;
    } catch (wire::LimitReached const&) {
        bound.clear();
        return std::make_unique<worker::OpenBlob>(worker::this_worker().blobs, encode);
    }
}

void PoolClient::resize(long size) {
    if (size < 1) throw bad_size(size);
    if (broken_) std::rethrow_exception(broken_);
    if (closed_ || ending_) throw UsageError("cannot resize this pool (it has been closed). Make a new one?");
    size_ = static_cast<std::size_t>(size);
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

void PoolClient::launch(std::shared_ptr<Call> const& call) {
    if (call->options.window > 0) {
        call->options.chunksize = std::min(call->options.chunksize, call->options.window);
    }
    wire::BufferSink bound{largest_bound};
    if (!hands_)
        call->bound = locate(bound, call->pins, [&](wire::Sink& sink) { call->encode_callable(sink); });
    call->id = CallId{next_call_++};
    call->birth = Reading::next_birth();
    link::CallTerms terms;
    terms.code = {call->function(), 1, call->bound ? call->bound->id() : link::BlobId{}};
    terms.chunksize = call->options.chunksize;
    terms.flags = call->flags();
    if (call->is_fixed()) {
        terms.flags |= link::call_is_fixed;
        terms.total = total_of(*call);
    }
    terms.retries = retries_;
    terms.priority = call->options.priority;
    send_home(FrameKind::call_open, call->id, terms, bound.bytes());
    call->workers = size_;
    call->is_open = true;
    calls_.emplace(call->id, call);
    // Ranges that would have to be walked through are not asked.
    if (call->end_of_inputs() == Call::End::known) call->announced = call->total();
    if (auto const& things = call->options.progress; !things.empty()) {
        call->shown = std::make_unique<Progress>(things, call->announced, worker::this_worker().progress);
        ++shown_;
    }
    try {
        // As much as there is room for gets under way before the caller goes on to something else.
        if (!hands_ && call->is_alone && (call->reads_at_once() || !call->keeps_prefix())) {
            feed(*call, Clock::time_point::max());
        }
        if (!hands_ && call->is_open && !call->inputs_ended) feeding_.push_back(call);
        Awaiting const none{nullptr};
        mailbox_.pump();
    } catch (...) {
        cancel(*call);
        throw;
    }
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

void PoolClient::join() {
    worker::require_own_thread("a pool");
    if (!closed_ && !ending_) {
        throw UsageError("cannot join a pool that still takes tasks. Call close() or terminate() first?");
    }
    for (auto const& [id, call] : calls_) {
        if (call->keeps_prefix() && !call->inputs_ended && call->end_of_inputs() == Call::End::never) {
            throw UsageError(
                "cannot join the pool (the inputs of an imap have no end). "
                "Let go of its results before, or call terminate()?");
        }
    }
    for (auto const& [id, call] : calls_) call->is_joined = true;
    mailbox_.wait(
        [this] { return (calls_.empty() && finished_.empty() && deferred_.empty()) || is_stuck(); });
    if (is_stuck()) {
        throw UsageError(
            "cannot join the pool (an imap has a million results that nobody has taken, and more inputs). "
            "Take them first, or let go of them?");
    }
    if (!ending_) {
        ending_ = true;
        send_home(FrameKind::pool_close, {}, link::PoolEnd{link::Ending::when_done});
    }
    if (hands_) ended_ = true;
    mailbox_.wait([this] { return ended_; });
    if (auto const error = std::exchange(callback_error_, {}); error && *error) {
        std::rethrow_exception(std::exchange(*error, {}));
    }
}

/// All calls that are left wait for somebody who takes results.
bool PoolClient::is_stuck() const {
    return !calls_.empty() && finished_.empty() &&
           std::all_of(calls_.begin(), calls_.end(), [](auto const& entry) {
               Call const& call = *entry.second;
               return call.is_joined && !call.inputs_ended && call.finished == call.fed &&
                      call.input_room() == 0;
           });
}

void PoolClient::terminate() {
    worker::require_own_thread("a pool");
    closed_ = true;
    if (!ending_) {
        ending_ = true;
        send_home(FrameKind::pool_close, {}, link::PoolEnd{link::Ending::at_once});
    }
    if (hands_) ended_ = true;
    end_all_calls(std::make_exception_ptr(ClosedError("the pool was terminated before this call was done")));
}

void PoolClient::end_all_calls(std::exception_ptr const& error) {
    for (auto const& [id, call] : calls_) {
        call->ended_by = error;
        let_go(*call);
        finished_.push_back(call);
    }
    calls_.clear();
    feeding_.clear();
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

bool PoolClient::call_back() {
    if (finished_.empty()) return false;
    auto const self = weak_from_this().lock();
    while (!finished_.empty()) {
        auto const call = finished_.front();
        finished_.pop_front();
        run_callback(*call, [&] { call->complete(); });
        call->answered = call->ready = true;
        call->ended_as = ++ended_calls;
        while (!call->when_done.empty()) {
            auto const then = std::move(call->when_done.front());
            call->when_done.pop_front();
            run_callback(*call, [&] { then(self, call); });
        }
    }
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

void PoolClient::take_departure(Address worker) {
    mailbox_.forget(worker);
    if (stream_peer_ == worker) stream_lost_ = true;
    auto const is_its = [&](Request const& request) { return request.worker == worker; };
    std::erase_if(inputs_wanted_, is_its);
    std::erase_if(results_offered_, is_its);
}

void PoolClient::take_break(link::Frame const& frame) {
    auto const state = frame.head<FrameKind::pool_broken>();
    auto const text = frame.tail<FrameKind::pool_broken>();
    std::string const whole{reinterpret_cast<char const*>(text.data()), text.size()};
    std::size_t const split = std::min(whole.find('\0'), whole.size());
    Rank const rank = state.address.rank;
    if (whole.starts_with("rankpool::StoppedFromOutside")) {
        broken_ =
            std::make_exception_ptr(StoppedFromOutside(whole.substr(std::min(split + 1, whole.size()))));
        ending_ = true;
        return end_all_calls(broken_);
    }
    broken_ = std::make_exception_ptr(RemoteError(whole.substr(0, split),
                                                  whole.substr(std::min(split + 1, whole.size())),
                                                  Origin{rank.value, host_of(rank), 0}));
    ending_ = true;
    end_all_calls(broken_);
}

}  // namespace rankpool::pool
