// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/results.hpp"

#include <chrono>
#include <iterator>
#include <memory>
#include <optional>

namespace rankpool {

/// What `next` gives: an optional that also converts to the value itself.
template <class R>
class NextResult : public std::optional<R> {
  public:
    explicit NextResult(std::optional<R> result) : std::optional<R>(std::move(result)) {}
    // Not explicit, so that `double y = range.next();` reads as in Python.
    operator R const&() const& { return this->value(); }
    operator R() && { return std::move(*this).value(); }
};

/// The results of imap or imap_unordered: an input range that is walked once, and waits for what is not there
/// yet. A failed task's error is thrown where its result would have come; the range can be walked on after it
/// with `next`. Letting go of the range ends the call.
template <class R>
class ResultRange {
  public:
    class Iterator;

    ResultRange(std::shared_ptr<pool::PoolCore> core, std::shared_ptr<pool::FlowResults<R>> call)
        : core_(std::move(core)), call_(std::move(call)) {}
    ResultRange(ResultRange&&) noexcept = default;
    ResultRange& operator=(ResultRange&&) noexcept = default;
    ~ResultRange() {
        if (call_) core_->cancel(*call_);
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

    std::shared_ptr<pool::PoolCore> core_;
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
    if (!call_->has_next() && !core_->wait_until([this] { return call_->has_next(); }, deadline)) {
        throw TimeoutError("the next result was not there in time (the call goes on). Wait longer?");
    }
    if (call_->is_there()) {
        auto item = call_->take();
        if (call_->is_hungry()) core_->poke();
        if (item.error) std::rethrow_exception(item.error);
        return std::move(item.value);
    }
    if (auto const error = std::exchange(call_->input_error, {})) std::rethrow_exception(error);
    if (auto const error = std::exchange(call_->ended_by, {})) std::rethrow_exception(error);
    return std::nullopt;
}

}  // namespace rankpool
