// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rankpool {

/// Base of all that rankpool throws. The text reads: problem (why) suggestion.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The program asked for something that has no meaning, such as a pool of no workers or a closed pool's map.
class UsageError : public Error {
  public:
    using Error::Error;
};

/// A wait reached its timeout. What was waited for goes on.
class TimeoutError : public Error {
  public:
    using Error::Error;
};

/// The call was cancelled: there will be no result.
class CancelledError : public Error {
  public:
    using Error::Error;
};

/// A queue had nothing to get, at once or within the timeout.
class Empty : public Error {
  public:
    using Error::Error;
};

/// A queue had no room, at once or within the timeout.
class Full : public Error {
  public:
    using Error::Error;
};

/// Use of something that this process has closed.
class ClosedError : public Error {
  public:
    using Error::Error;
};

/// Every other end of a connection is closed or dead, and what was sent has been received.
class EndOfFile : public ClosedError {
  public:
    using ClosedError::ClosedError;
};

/// A message of bytes that was longer than the room for it: the error has all of it.
class BufferTooShort : public Error {
  public:
    BufferTooShort(std::string const& text, std::vector<std::byte> message)
        : Error(text), message_(std::make_shared<std::vector<std::byte> const>(std::move(message))) {}

    [[nodiscard]] std::vector<std::byte> const& message() const noexcept { return *message_; }

  private:
    // An exception's copies must not throw.
    std::shared_ptr<std::vector<std::byte> const> message_;
};

/// The process would have waited for ever: for a lock that one holds who waits, in the end, for it.
class DeadlockError : public Error {
  public:
    using Error::Error;
};

/// A barrier that somebody will not come to: one of those who waited has died or given up, or it was aborted.
class BrokenBarrier : public Error {
  public:
    using Error::Error;
};

/// A value could not be turned into bytes, or bytes not into a value.
class SerializationError : public Error {
  public:
    using Error::Error;
};

/// Where a task ran, and which input it was given.
struct Origin {
    int rank = 0;
    std::string host;
    std::size_t input_index = 0;
};

/// What went wrong with one task: the base of the errors that name its rank, host and input.
class TaskError : public Error {
  public:
    TaskError(std::string const& text, Origin origin) : Error(text), origin_(std::move(origin)) {}

    /// The rank whose worker ran the task.
    [[nodiscard]] int rank() const noexcept { return origin_.rank; }
    /// The host of that rank.
    [[nodiscard]] std::string const& host() const noexcept { return origin_.host; }
    /// Position of the task's input in the call, from 0.
    [[nodiscard]] std::size_t input_index() const noexcept { return origin_.input_index; }

  private:
    Origin origin_;
};

/// The task threw: anything, also what is no std::exception.
class RemoteError : public TaskError {
  public:
    RemoteError(std::string type_name, std::string message, Origin origin);

    /// The C++ type that was thrown, such as `std::out_of_range`.
    [[nodiscard]] std::string const& type_name() const noexcept { return type_name_; }
    /// Its what(), or the value of a thrown number or string.
    [[nodiscard]] std::string const& message() const noexcept { return message_; }

  private:
    std::string type_name_;
    std::string message_;
};

/// The worker that ran the task ended under it: a crash, exit(), a kill or the memory limit.
class WorkerLost : public TaskError {
  public:
    /// `wait_status` is what waitpid gave for the worker; `why` says more where more is known; `back_trace`
    /// is where it crashed.
    WorkerLost(int wait_status, std::string const& why, Origin origin, std::string back_trace = {});

    /// The signal that ended the worker, if one did.
    [[nodiscard]] std::optional<int> signal() const noexcept { return signal_; }
    /// The worker's exit code, if it left by exit().
    [[nodiscard]] std::optional<int> exit_code() const noexcept { return exit_code_; }
    /// The functions it was in when it crashed (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT), a line each, the
    /// innermost first: `f(int) at /src/f.cpp:12`, without the line in a program built without -g, and
    /// `program+0x1234` where not even the name is known. Empty if the program handles that signal, or
    /// something else has ended the worker.
    [[nodiscard]] std::string const& back_trace() const noexcept { return back_trace_; }

  private:
    std::optional<int> signal_;
    std::optional<int> exit_code_;
    std::string back_trace_;
};

/// The task ran longer than PoolOptions::timeout; its worker was ended.
class TaskTimeout : public TaskError {
  public:
    using TaskError::TaskError;
};

/// `ended by signal 11 (Segmentation fault)` or `left with exit code 3`, from what waitpid gave.
std::string describe_wait_status(int wait_status);

/// The name a person would write for a symbol or type of the compiler's; what is none stays as it is.
std::string demangle(char const* mangled);

/// The name a person would write for the exception being handled, and its text.
struct CaughtError {
    std::string type_name;
    std::string message;
};

/// What an exception says of itself; nothing where that is a null pointer.
std::string text_of(std::exception const& error);

/// Names the exception in flight; call it in a catch block only. Of a RemoteError it gives what was thrown in
/// the task, as if it had been thrown here. The exceptions nested in it are told behind its own text, each as
/// its cause.
CaughtError describe_current_exception();
/// `type: text` of the exception in flight, as it is, for a person who has not caught it.
std::string text_of_current_exception();

}  // namespace rankpool
