// SPDX-License-Identifier: MIT
// How a pool without workers gets its tasks done: its owner does them while it waits.
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/pool/reading.hpp"

#include <algorithm>

namespace rankpool::pool {

void PoolClient::initialise_own(Initializer const& initializer) {
    try {
        hands_->initialise(initializer);
    } catch (...) {
        auto error = describe_current_exception();
        Rank const rank = mailbox_.self().rank;
        broken_ = std::make_exception_ptr(RemoteError(std::move(error.type_name), std::move(error.message),
                                                      Origin{rank.value, host_of(rank), 0}));
        ending_ = ended_ = true;
    }
}

/// The call whose turn it is: of the highest priority, the oldest.
std::shared_ptr<Call> PoolClient::next_own_call() const {
    std::shared_ptr<Call> next;
    for (auto const& [id, call] : calls_) {
        bool const can = !call->is_reading && call->input_room() > 0 && Reading::allows(*call);
        if (can && (!next || call->options.priority > next->options.priority)) next = call;
    }
    return next;
}

bool PoolClient::work_with_own_hands() {
    if (hands_->is_busy()) return false;
    auto const call = next_own_call();
    if (!call) return false;
    wire::BufferSink arguments;
    std::exception_ptr unsent;
    std::exception_ptr error;
    try {
        Reading const reading{*call};
        call->inputs_ended = !call->has_input();
        if (call->is_open && !call->inputs_ended) {
            worker::TransferScope const transfer{call->pins};
            try {
                call->encode_input(arguments);
            } catch (SerializationError const&) {
                unsent = std::current_exception();
            }
            call->advance(call->fed++, false);
        }
    } catch (...) {
        error = std::current_exception();
    }
    if (!call->is_open) {
        call->release_inputs();
    } else if (error || call->inputs_ended) {
        end_inputs(*call, error);
    } else {
        do_own_task(*call, arguments.bytes(), unsent);
    }
    return true;
}

void PoolClient::do_own_task(Call& call, std::span<std::byte const> arguments,
                             std::exception_ptr const& unsent) {
    TaskReport const report{.task = call.fed - 1, .rank = mailbox_.self().rank};
    if (unsent) {
        fail(call, report, unsent);
    } else {
        auto const begin = Clock::now();
        wire::BufferSink record;
        hands_->run(call, report.task, arguments, record);
        // The task may have ended its own call.
        if (!call.is_open) return;
        take_record(call, report, record.bytes());
        call.take_busy(Clock::now() - begin);
    }
    ++call.finished;
    finish_if_done(call);
}

}  // namespace rankpool::pool
