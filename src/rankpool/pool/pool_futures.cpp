// SPDX-License-Identifier: MIT
// Cancelling calls, and calls that follow others.
#include "rankpool/core/error.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/protocol/heads.hpp"

#include <algorithm>

namespace rankpool::pool {
namespace {

using link::FrameKind;
using namespace std::chrono_literals;

/// Supervisors answer at once, whatever their workers do; one that does not is gone.
constexpr auto status_time = 5s;

std::exception_ptr cancelled() {
    return std::make_exception_ptr(CancelledError("the call was cancelled, so it has no result"));
}

}  // namespace

bool PoolClient::withdraw(std::shared_ptr<Call> const& call, Kill kill) {
    if (call->is_cancelled) return true;
    bool const is_deferred = std::erase(deferred_, call) > 0;
    if (!is_deferred) {
        if (!call->is_open) return false;
        if (kill == Kill::no) {
            if (call->finished > 0 || (hands_ && call->fed > 0)) return false;
            call->withdrawn.reset();
            if (hands_) call->withdrawn = true;
            send_home(FrameKind::call_withdraw, call->id, link::PoolEnd{});
            mailbox_.wait_inside([&] { return call->withdrawn || !call->is_open; });
            if (!call->is_open || !*call->withdrawn) return false;
        } else {
            send_home(FrameKind::call_close, call->id, link::PoolEnd{link::Ending::at_once});
        }
        calls_.erase(call->id);
        std::erase(feeding_, call);
    }
    call->is_cancelled = true;
    end_call(call, cancelled());
    // It is ready when this returns.
    mailbox_.pump();
    return true;
}

/// There will be no results of the call, which the home does not know any more.
void PoolClient::end_call(std::shared_ptr<Call> const& call, std::exception_ptr error) {
    call->ended_by = std::move(error);
    let_go(*call);
    finished_.push_back(call);
}

bool PoolClient::is_running(Call const& call) {
    mailbox_.pump();
    if (!call.is_open) return false;
    if (call.finished > 0 || (hands_ && call.fed > 0)) return true;
    ask_status();
    mailbox_.wait([&] { return status_.is_complete() || !call.is_open; }, Deadline::after(status_time));
    return call.is_open &&
           std::any_of(status_.present().begin(), status_.present().end(), [&](auto const& worker) {
               return worker.what.activity != link::Activity::nothing && worker.what.call == call.id;
           });
}

void PoolClient::when_done(std::shared_ptr<Call> const& call, Call::WhenDone then) {
    if (call->ready && call->when_done.empty()) return then(shared_from_this(), call);
    call->when_done.push_back(std::move(then));
}

void PoolClient::defer(std::shared_ptr<Call> const& call) {
    require_open();
    deferred_.push_back(call);
}

void PoolClient::begin_deferred(std::shared_ptr<Call> const& call, Call const& first,
                                std::exception_ptr error) {
    if (std::erase(deferred_, call) == 0) return;
    if (!error) {
        try {
            if (broken_) std::rethrow_exception(broken_);
            if (ending_) throw ClosedError("the pool was terminated before this call was started");
            return launch(call);
        } catch (...) {
            error = std::current_exception();
        }
    }
    call->is_cancelled = first.is_cancelled;
    end_call(call, std::move(error));
}

}  // namespace rankpool::pool
