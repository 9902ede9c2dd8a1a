// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/pool_core.hpp"
#include "rankpool/pool/typed_call.hpp"

#include <chrono>
#include <memory>
#include <variant>

namespace rankpool {

/// The result of a call that goes on by itself, as Python's AsyncResult. Copies share the one result.
///
/// Tasks run whatever this process does; their results are taken, and callbacks called, while it is inside
/// any function of its pools or results.
template <class R>
class AsyncResult {
    using Stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
    using Reference = std::conditional_t<std::is_void_v<R>, void, Stored const&>;

  public:
    AsyncResult(std::shared_ptr<pool::PoolCore> core, std::shared_ptr<pool::AnswerCall<Stored>> call)
        : core_(std::move(core)), call_(std::move(call)) {}

    /// Waits for the result. Throws the failure of the lowest input, each time it is asked.
    Reference get() const& {
        core_->wait(*call_);
        return give();
    }
    /// The same, throwing TimeoutError when the result is not there in time; the call goes on.
    template <class Rep, class Period>
    Reference get(std::chrono::duration<Rep, Period> timeout) const& {
        wait_or_throw(timeout);
        return give();
    }
    R get() && {
        core_->wait(*call_);
        return give_away();
    }
    template <class Rep, class Period>
    R get(std::chrono::duration<Rep, Period> timeout) && {
        wait_or_throw(timeout);
        return give_away();
    }

    /// Waits until the call is done, well or not.
    void wait() const { core_->wait(*call_); }
    /// The same, at most for so long; returns silently.
    template <class Rep, class Period>
    void wait(std::chrono::duration<Rep, Period> timeout) const {
        core_->wait(*call_, Deadline::after(timeout));
    }

    [[nodiscard]] bool ready() const {
        core_->poke();
        return call_->ready;
    }
    /// True if the call is done without an error. Throws UsageError while it is not done.
    [[nodiscard]] bool successful() const {
        if (!ready())
            throw UsageError("cannot say whether the call was successful (it is not ready). Wait first?");
        return !call_->error();
    }

  private:
    template <class Rep, class Period>
    void wait_or_throw(std::chrono::duration<Rep, Period> timeout) const {
        if (!core_->wait(*call_, Deadline::after(timeout))) {
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

    std::shared_ptr<pool::PoolCore> core_;
    std::shared_ptr<pool::AnswerCall<Stored>> call_;
};

}  // namespace rankpool
