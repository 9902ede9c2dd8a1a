// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <string>

namespace rankpool {

/// What became of one input of Pool::try_map: a value or an error, and how it came about.
template <class R>
class Outcome {
  public:
    struct Story {
        int rank = 0;
        std::string host;
        unsigned attempts = 1;
        std::chrono::nanoseconds elapsed{0};
    };

    Outcome() = default;
    Outcome(R value, Story story) : value_(std::move(value)), story_(std::move(story)) {}
    Outcome(std::exception_ptr error, Story story) : error_(std::move(error)), story_(std::move(story)) {}

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value; throws the error if there is none.
    [[nodiscard]] R const& value() const& {
        if (error_) std::rethrow_exception(error_);
        return *value_;
    }
    [[nodiscard]] R value() && {
        if (error_) std::rethrow_exception(error_);
        return std::move(*value_);
    }

    /// The error, a RemoteError, WorkerLost, TaskTimeout or SerializationError. Throws UsageError if there is
    /// none.
    [[nodiscard]] Error const& error() const {
        if (!error_)
            throw UsageError("cannot give the error of an outcome that has a value. Ask has_value() first?");
        try {
            std::rethrow_exception(error_);
        } catch (Error const& e) {
            // The object lives as long as the exception_ptr does.
            return e;
        }
    }

    /// Rank and host of the worker that had the task last, how many times it was begun, and how long the last
    /// time took.
    [[nodiscard]] int rank() const noexcept { return story_.rank; }
    [[nodiscard]] std::string const& host() const noexcept { return story_.host; }
    [[nodiscard]] unsigned attempts() const noexcept { return story_.attempts; }
    [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return story_.elapsed; }

  private:
    std::optional<R> value_;
    std::exception_ptr error_;
    Story story_;
};

}  // namespace rankpool
