// SPDX-License-Identifier: MIT
// How a pool ends: when all is done, at once, or broken.
#include "rankpool/core/outside.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/own_thread.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::pool {
namespace {

using link::FrameKind;

}  // namespace

void PoolClient::shut_down() noexcept {
    try {
        terminate();
        mailbox_.wait([this] { return ended_; });
    } catch (...) {
        // Only callbacks throw here, and there is nobody left to tell.
    }
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
