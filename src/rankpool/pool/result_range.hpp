// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/reading.hpp"
#include "rankpool/pool/results.hpp"
#include "rankpool/worker/own_thread.hpp"

#include <chrono>
#include <concepts>
#include <iterator>
#include <memory>
#include <optional>

namespace rankpool {

/// What `next` gives: an optional that also converts to the value itself.
template <class R>
class NextResult : public std::optional<R> {
  public:
    explicit NextResult(std::optional<R> result) : std::optional<R>(std::move(result)) {}
    // `while (range.next())` asks whether there is one, also where its value would convert.
    explicit operator bool() const& noexcept { return this->has_value(); }
    explicit operator bool() && noexcept { return this->has_value(); }
    // Not explicit, so that `double y = range.next();` reads as in Python.
    operator R const&() const& requires(!std::is_same_v<R, bool>) { return this->value(); }
    operator R() && requires(!std::is_same_v<R, bool>) { return std::move(*this).value(); }
    template <std::same_as<R> Bool>
    requires std::is_same_v<Bool, bool>
    operator Bool() const { return this->value(); }
};

/// The results of imap or imap_unordered: an input range that is walked once, and waits for what is not there
/// yet. A failed task's error is thrown where its result would have come; the range can be walked on after it
/// with `next`. Letting go of the range ends the call.
template <class R>
class ResultRange {
  public:
    class Iterator;

    ResultRange(std::shared_ptr<pool::PoolClient> client, std::shared_ptr<pool::FlowResults<R>> call)
        : client_(std::move(client)), call_(std::move(call)) {}
    ResultRange(ResultRange&&) noexcept = default;
    /// Lets go of the results it had before.
    ResultRange& operator=(ResultRange&& other) noexcept {
        ResultRange before = std::move(*this);
        client_ = std::move(other.client_);
        call_ = std::move(other.call_);
        return *this;
    }
    ~ResultRange() {
        if (call_) client_->cancel(*call_);
    }

    /// The next result, or none when all have been given. Differs from Python: no StopIteration.
    NextResult<R> next() { return NextResult<R>{next_until(Deadline::never())}; }
    /// The same; throws TimeoutError when there is none in time, and can be asked again.
    template <class Rep, class Period>
    NextResult<R> next(std::chrono::duration<Rep, Period> timeout) {
        return NextResult<R>{next_until(Deadline::after(timeout))};
    }

    Iterator begin() { return Iterator{*this}; }
    std::default_sentinel_t end() const { return {}; }

  private:
    std::optional<R> next_until(Deadline const& deadline);
    void await_next(Deadline const& deadline) const;

    std::shared_ptr<pool::PoolClient> client_;
    std::shared_ptr<pool::FlowResults<R>> call_;
};

template <class R>
class ResultRange<R>::Iterator {
  public:
    using value_type = R;
    using difference_type = std::ptrdiff_t;
    using reference = R&;
    using pointer = R*;
    using iterator_category = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(ResultRange& range) : range_(&range), current_(range.next_until(Deadline::never())) {}

    R& operator*() const { return *current_; }
    R* operator->() const { return &*current_; }
    Iterator& operator++() {
        // Not assigned, as the value may be of a type that cannot be.
        current_.reset();
        if (auto next = range_->next_until(Deadline::never())) current_.emplace(std::move(*next));
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(Iterator const& i, std::default_sentinel_t) { return !i.current_.has_value(); }

  private:
    ResultRange* range_ = nullptr;
    mutable std::optional<R> current_;
};

template <class R>
std::optional<R> ResultRange<R>::next_until(Deadline const& deadline) {
    worker::require_own_thread("a pool");
    if (!call_->has_next()) await_next(deadline);
    if (call_->is_there()) {
        auto item = call_->take();
        if (call_->is_hungry()) {
            auto const client = client_;
            client->poke();
        }
        if (item.error) std::rethrow_exception(item.error);
        return std::move(item.value);
    }
    if (auto const error = std::exchange(call_->input_error, {})) std::rethrow_exception(error);
    if (auto const error = std::exchange(call_->ended_by, {})) std::rethrow_exception(error);
    return std::nullopt;
}

template <class R>
void ResultRange<R>::await_next(Deadline const& deadline) const {
    // Inputs are read and callbacks run meanwhile, which may let go of the pool.
    auto const client = client_;
    auto const call = call_;
    pool::Awaiting const awaiting{call.get()};
    auto const is_in_vain = [&] { return call->is_reading && call->waits_for_inputs(); };
    if (!client->wait_until([&] { return call->has_next() || is_in_vain(); }, deadline)) {
        throw TimeoutError("the next result was not there in time (the call goes on). Wait longer?");
    }
    if (!call->has_next()) {
        throw UsageError(
            "cannot wait for the next result while its input is read (all that was given before is done). "
            "Read inputs from something else?");
    }
}

}  // namespace rankpool
