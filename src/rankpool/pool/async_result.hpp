// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/late_input.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/pool/results.hpp"
#include "rankpool/worker/waitable.hpp"

#include <chrono>
#include <memory>
#include <variant>

namespace rankpool {

namespace pool {

/// A call whose end is waited for.
class CallSource : public worker::WaitSource {
  public:
    CallSource(std::shared_ptr<PoolClient> client, std::shared_ptr<Call const> call)
        : client_(std::move(client)), call_(std::move(call)) {}

    [[nodiscard]] void const* subject() const override { return call_.get(); }
    [[nodiscard]] bool is_ready() override { return call_->ready; }

  private:
    std::shared_ptr<PoolClient> client_;
    std::shared_ptr<Call const> call_;
};

}  // namespace pool

/// The result of a call that goes on by itself, as Python's AsyncResult and Future. Copies share the one
/// result.
///
/// Tasks run whatever this process does; their results are taken, and callbacks called, while it is inside
/// any function of its pools or results. What a callback throws comes out of the call that waits for this
/// result next.
template <class R>
class AsyncResult {
    using Stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
    using Reference = std::conditional_t<std::is_void_v<R>, void, Stored const&>;

  public:
    AsyncResult(std::shared_ptr<pool::PoolClient> client, std::shared_ptr<pool::AnswerCall<Stored>> call)
        : client_(std::move(client)), call_(std::move(call)) {}

    /// Waits for the result. Throws the failure of the lowest input, each time it is asked.
    Reference get() const& {
        client_->wait(*call_);
        return give();
    }
    /// The same, throwing TimeoutError when the result is not there in time; the call goes on.
    template <class Rep, class Period>
    Reference get(std::chrono::duration<Rep, Period> timeout) const& {
        wait_or_throw(timeout);
        return give();
    }
    R get() && {
        client_->wait(*call_);
        return give_away();
    }
    template <class Rep, class Period>
    R get(std::chrono::duration<Rep, Period> timeout) && {
        wait_or_throw(timeout);
        return give_away();
    }

    /// Waits until the call is done, well or not.
    void wait() const { client_->wait(*call_); }
    /// The same, at most for so long; returns silently.
    template <class Rep, class Period>
    void wait(std::chrono::duration<Rep, Period> timeout) const {
        client_->wait(*call_, Deadline::after(timeout));
    }

    [[nodiscard]] bool ready() const {
        client_->poke();
        return call_->ready;
    }
    /// Cancels the call where none of it has been handed to a worker: it never runs, get() throws
    /// CancelledError, callbacks are called. With Kill::yes also where it has begun: its workers are ended
    /// and replaced, and nothing of it is tried again. True where the call is cancelled now or was; false
    /// where it is done, or goes on.
    bool cancel(Kill kill = Kill::no) const { return client_->withdraw(call_, kill); }
    [[nodiscard]] bool cancelled() const {
        client_->poke();
        return call_->is_cancelled;
    }
    /// True while a worker is at it. Asks all ranks.
    [[nodiscard]] bool running() const { return client_->is_running(*call_); }

    /// Waits for the call's end: its error, empty where it has succeeded; a CancelledError where it was
    /// cancelled.
    [[nodiscard]] std::exception_ptr exception() const {
        client_->wait(*call_);
        return call_->error();
    }
    /// The same, throwing TimeoutError when the end is not there in time.
    template <class Rep, class Period>
    [[nodiscard]] std::exception_ptr exception(std::chrono::duration<Rep, Period> timeout) const {
        wait_or_throw(timeout);
        return call_->error();
    }

    /// Calls `callback`, with this result or without an argument, when the call has ended in whatever way: at
    /// once where it has. Those added are called in their order, once each.
    template <class F>
    void add_done_callback(F callback) const {
        constexpr bool takes_result = std::is_invocable_v<F&, AsyncResult const&>;
        static_assert(takes_result || std::is_invocable_v<F&>,
                      "rankpool: a done callback takes the AsyncResult, or nothing. "
                      "Write [](rankpool::AsyncResult<double> const& result) { ... }");
        client_->when_done(
            call_, [callback = std::move(callback)](auto const& client, auto const& call) mutable {
                if constexpr (takes_result) {
                    callback(AsyncResult{client, std::static_pointer_cast<pool::AnswerCall<Stored>>(call)});
                } else {
                    callback();
                }
            });
    }

    /// The AsyncResult of f(result, bound...), or of f(bound...) where there is no result, which the pool
    /// runs when this call has succeeded. Where it has not, that one fails with the same error and f is not
    /// called. Throws UsageError on a closed pool, whose join waits for what was asked for before.
    template <auto F, class... Bound>
    auto then(Bound&&... bound) const {
        return then(task::Function<F>{}, std::forward<Bound>(bound)...);
    }
    template <class F, class... Bound>
    auto then(F f, Bound&&... bound) const;

    /// True if the call is done without an error. Throws UsageError while it is not done.
    [[nodiscard]] bool successful() const {
        if (!ready())
            throw UsageError("cannot say whether the call was successful (it is not ready). Wait first?");
        return !call_->error();
    }

    /// For `rankpool::wait`: ready when the call has ended.
    operator Waitable() const { return Waitable{std::make_shared<pool::CallSource>(client_, call_)}; }
    [[nodiscard]] std::shared_ptr<pool::Call const> call() const { return call_; }

  private:
    template <class Rep, class Period>
    void wait_or_throw(std::chrono::duration<Rep, Period> timeout) const {
        if (!client_->wait(*call_, Deadline::after(timeout))) {
            throw TimeoutError("the result was not there in time (the call goes on). Wait longer?");
        }
    }
    Reference give() const {
        if (auto const error = call_->error()) std::rethrow_exception(error);
        if constexpr (!std::is_void_v<R>) return call_->answer();
    }
    R give_away() {
        if (auto const error = call_->error()) std::rethrow_exception(error);
        if constexpr (!std::is_void_v<R>) {
            if constexpr (std::is_copy_constructible_v<R>) {
                if (call_.use_count() > 1) return call_->answer();
            }
            return std::move(call_->answer());
        }
    }

    std::shared_ptr<pool::PoolClient> client_;
    std::shared_ptr<pool::AnswerCall<Stored>> call_;
};

template <class R>
template <class F, class... Bound>
auto AsyncResult<R>::then(F f, Bound&&... bound) const {
    using Inputs = pool::LateInput<pool::AnswerCall<Stored>, std::is_void_v<R>, std::decay_t<Bound>...>;
    using Task = typename pool::TaskOf<F, typename Inputs::Element, pool::Spread::tuple>::type;
    using Result = typename Task::Result;
    using Next = pool::RangeCall<pool::OneResult<Result>, Task, pool::Spread::tuple, Inputs, F>;
    auto const next = std::make_shared<Next>(MapOptions{}, Inputs{call_, std::forward<Bound>(bound)...},
                                             std::tuple<F>{std::move(f)});
    next->is_alone = true;
    client_->defer(next);
    client_->when_done(call_, [next](auto const& client, auto const& call) {
        client->begin_deferred(next, *call, static_cast<pool::AnswerCall<Stored> const&>(*call).error());
    });
    return AsyncResult<std::conditional_t<std::is_same_v<Result, std::monostate>, void, Result>>{client_,
                                                                                                 next};
}

}  // namespace rankpool
