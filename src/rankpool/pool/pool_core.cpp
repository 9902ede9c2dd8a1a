// SPDX-License-Identifier: MIT
#include "rankpool/pool/pool_core.hpp"

#include "rankpool/core/outside.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/here.hpp"
#include "rankpool/worker/stream.hpp"
#include "rankpool/worker/surroundings.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::pool {
namespace {

using link::FrameKind;

/// What is bound to a callable travels with the call's terms up to this size.
constexpr std::size_t largest_bound = 64 * 1024;

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
PoolId fresh_id(worker::Post const& post) {
    static std::uint64_t count = 0;
    Address const owner = post.self();
    std::uint64_t const process = std::uint64_t{owner.slot.value & 0xfffffU} << 44U |
                                  std::uint64_t{owner.generation.value & 0xfffffU} << 24U;
    PoolId id;
    do {
        id = PoolId{process | (count++ & 0xffffffU)};
    } while (post.is_enlisted(id));
    return id;
}

}  // namespace

PoolCore::PoolCore(worker::Post& post, long size, PoolOptions const& options)
    : post_(post),
      id_(fresh_id(post)),
      size_(size > 0 ? static_cast<std::size_t>(size) : throw bad_size(size)),
      parcel_(link::largest_payload - sizeof(link::Tasks)),
      roll_(std::min(size_, static_cast<std::size_t>(post.welcome().ranks))) {
    send_terms(options);
    post_.enlist(id_, *this);
}

PoolCore::~PoolCore() {
    post_.dismiss(id_);
}

void PoolCore::shut_down() noexcept {
    try {
        terminate();
        post_.wait([this] { return ended_; });
    } catch (...) {
        // Only callbacks throw here, and there is nobody left to tell.
    }
}

void PoolCore::send_terms(PoolOptions const& options) {
    if (options.timeout.count() < 0)
        throw UsageError("cannot set a timeout below zero. Leave it out for none?");
    link::PoolTerms terms;
    terms.size = size_;
    terms.maxtasksperchild = units_of(options.maxtasksperchild);
    terms.crash_limit = std::max(1U, options.crash_limit);
    terms.timeout_ns = options.timeout.count();
    terms.memory_limit = options.memory_limit;
    terms.retries = options.retries;
    terms.owner = post_.self();
    terms.home = post_.self().rank;
    retries_ = options.retries;
    wire::BufferSink bound{largest_bound};
    if (auto const function = options.initializer.function()) {
        initializer_ = locate(bound, pins_, [&](wire::Sink& sink) { options.initializer.encode(sink); });
        terms.initializer = {*function, 1, initializer_ ? initializer_->id() : link::BlobId{}};
    }
    auto rest = worker::changed_surroundings();
    terms.surroundings_bytes = static_cast<std::uint32_t>(rest.size());
    rest.insert(rest.end(), bound.bytes().begin(), bound.bytes().end());
    send_home(FrameKind::pool_open, {}, terms, rest);
}

/// Encodes what is bound to a callable into `bound`, or sends it to all ranks at once where it is large.
std::unique_ptr<worker::OpenBlob> PoolCore::locate(wire::BufferSink& bound, worker::Pins& pins,
                                                   std::function<void(wire::Sink&)> const& encode) {
    worker::Transit const transit{pins};
    try {
        encode(bound);
        return nullptr;
    } catch (wire::LimitReached const&) {
        bound.clear();
        return std::make_unique<worker::OpenBlob>(worker::here().blobs, encode);
    }
}

std::string PoolCore::host_of(Rank rank) const {
    auto const index = static_cast<std::size_t>(rank.value);
    return index < post_.hosts().size() ? post_.hosts()[index] : std::string{"unknown"};
}

Call* PoolCore::find(CallId call) {
    auto const found = calls_.find(call);
    return found == calls_.end() ? nullptr : found->second.get();
}

void PoolCore::start(std::shared_ptr<Call> const& call) {
    if (broken_) std::rethrow_exception(broken_);
    if (closed_ || ending_) {
        throw UsageError("cannot start a call on this pool (it has been closed). Make a new one?");
    }
    if (call->options.window > 0) {
        call->options.chunksize = std::min(call->options.chunksize, call->options.window);
    }
    wire::BufferSink bound{largest_bound};
    call->bound = locate(bound, call->pins, [&](wire::Sink& sink) { call->encode_callable(sink); });
    call->id = CallId{next_call_++};
    link::CallTerms terms;
    terms.code = {call->function(), 1, call->bound ? call->bound->id() : link::BlobId{}};
    terms.chunksize = call->options.chunksize;
    terms.flags = call->flags();
    if (call->is_fixed()) {
        terms.flags |= link::call_is_fixed;
        terms.total = total_of(*call);
    }
    terms.retries = retries_;
    send_home(FrameKind::call_open, call->id, terms, bound.bytes());
    calls_.emplace(call->id, call);
    feeding_.push_back(call);
    post_.pump();
}

bool PoolCore::wait(Call const& call, Deadline const& deadline) {
    return post_.wait([&] { return call.ready; }, deadline);
}

void PoolCore::cancel(Call& call) {
    if (calls_.erase(call.id) > 0) send_home(FrameKind::call_close, call.id, link::PoolEnd{});
}

void PoolCore::call_roll() {
    if (!ending_) send_home(FrameKind::roll_called, {}, roll_.ask());
}

void PoolCore::join() {
    if (!closed_ && !ending_) {
        throw UsageError("cannot join a pool that still takes tasks. Call close() or terminate() first?");
    }
    post_.wait([this] { return calls_.empty() && finished_.empty(); });
    if (!ending_) {
        ending_ = true;
        send_home(FrameKind::pool_close, {}, link::PoolEnd{link::Ending::when_done});
    }
    post_.wait([this] { return ended_; });
}

void PoolCore::terminate() {
    closed_ = true;
    if (!ending_) {
        ending_ = true;
        send_home(FrameKind::pool_close, {}, link::PoolEnd{link::Ending::at_once});
    }
    end_all_calls(std::make_exception_ptr(ClosedError("the pool was terminated before this call was done")));
}

void PoolCore::end_all_calls(std::exception_ptr const& error) {
    for (auto& [id, call] : calls_) {
        call->ended_by = error;
        finished_.push_back(call);
    }
    calls_.clear();
}

void PoolCore::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::results:
            return take_results(frame);
        case FrameKind::task_lost:
            return take_loss(frame);
        case FrameKind::credit:
            if (Call* call = find(frame.header.call)) {
                call->buffered -= std::min(call->buffered, frame.head<link::Amount>().bytes);
            }
            return;
        case FrameKind::input_wanted:
            return inputs_wanted_.push_back(
                {frame.header.from, frame.header.call, frame.head<link::TaskRef>()});
        case FrameKind::result_offered:
            return results_offered_.push_back(
                {frame.header.from, frame.header.call, frame.head<link::TaskRef>()});
        case FrameKind::worker_gone:
            return take_departure(frame.head<link::MemberState>().address);
        case FrameKind::roll_answered:
            return roll_.take(frame);
        case FrameKind::pool_broken:
            return take_break(frame);
        case FrameKind::pool_closed:
            ended_ = true;
            return;
        default:
            return;
    }
}

bool PoolCore::work() {
    bool any = false;
    auto const acceptable =
        std::find_if(results_offered_.begin(), results_offered_.end(), [this](Request const& r) {
            Call const* call = find(r.call);
            return !call || call->accepts_large(r.task.task);
        });
    if (acceptable != results_offered_.end()) {
        Request const request = *acceptable;
        results_offered_.erase(acceptable);
        receive_result(request);
        any = true;
    }
    if (!inputs_wanted_.empty()) {
        Request const request = inputs_wanted_.front();
        inputs_wanted_.pop_front();
        send_input(request);
        any = true;
    }
    for (auto next = feeding_.begin(); next != feeding_.end();) {
        auto const call = *next;
        // The inputs of a call that has ended may be gone already.
        if (calls_.contains(call->id)) any |= feed(*call);
        bool const is_fed = call->inputs_ended || !calls_.contains(call->id);
        next = is_fed ? feeding_.erase(next) : std::next(next);
    }
    return any;
}

bool PoolCore::call_back() {
    bool any = false;
    while (!finished_.empty()) {
        auto const call = finished_.front();
        finished_.pop_front();
        any = true;
        // Ready also where a callback throws, which the waiting caller then gets.
        struct SetReady {
            Call& call;
            ~SetReady() { call.ready = true; }
        } const set_ready{*call};
        call->complete();
    }
    return any;
}

void PoolCore::take_departure(Address worker) {
    post_.forget(worker);
    if (stream_peer_ == worker) stream_lost_ = true;
    auto const is_its = [&](Request const& request) { return request.worker == worker; };
    std::erase_if(inputs_wanted_, is_its);
    std::erase_if(results_offered_, is_its);
}

void PoolCore::take_break(link::Frame const& frame) {
    auto const state = frame.head<link::MemberState>();
    auto const text = frame.tail<link::MemberState>();
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
