// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <utility>

namespace rankpool::batch {

/// What a command that has failed wrote is kept with the attempt: so much of its start and end, of each
/// stream.
inline constexpr std::size_t part_of_failed = std::size_t{32} * 1024;

/// Thrown by a task to fail as `cause` does and to leave with the attempt what had been written.
class FailedWithOutput : public std::exception {
  public:
    FailedWithOutput(std::exception_ptr cause, std::string out, std::string err)
        : cause_(std::move(cause)), out_(std::move(out)), err_(std::move(err)) {}

    [[nodiscard]] char const* what() const noexcept override { return "a task failed"; }
    [[nodiscard]] std::exception_ptr const& cause() const { return cause_; }
    [[nodiscard]] std::string const& out() const { return out_; }
    [[nodiscard]] std::string const& err() const { return err_; }

  private:
    std::exception_ptr cause_;
    std::string out_;
    std::string err_;
};

}  // namespace rankpool::batch
