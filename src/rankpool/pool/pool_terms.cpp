// SPDX-License-Identifier: MIT
// What a pool and its calls are, as their home is told.
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/pool/reading.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/surroundings.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <algorithm>

namespace rankpool::pool {
namespace {

using link::FrameKind;

/// What is bound to a callable travels with the call's terms up to this size.
constexpr std::size_t largest_bound = 64 * 1024;

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

}  // namespace

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

}  // namespace rankpool::pool
