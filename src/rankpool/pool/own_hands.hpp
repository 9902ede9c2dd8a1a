// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/call.hpp"
#include "rankpool/task/program.hpp"
#include "rankpool/wire/buffer_sink.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>

namespace rankpool::pool {

/// Runs the tasks of a pool in its owner's process, one after the other, for a debugger or a profiler
/// (RANKPOOL_WORKERS_PER_RANK=0). Values are serialised as if they travelled; but what a task does to its
/// process it does to the whole program, and nothing limits its time and memory.
class OwnHands {
  public:
    explicit OwnHands(std::uint32_t retries) : retries_(retries) {}

    void initialise(Initializer const& initializer);
    /// Writes what has become of a task whose encoded arguments these are, as a worker would have sent it:
    /// the record of its result, or of its last error.
    void run(Call const& call, std::uint64_t task, std::span<std::byte const> arguments,
             wire::BufferSink& record);
    /// A task runs, which has waited and so let its pool look for something to do.
    [[nodiscard]] bool is_busy() const { return is_busy_; }
    void forget(CallId call) { programs_.erase(call); }

  private:
    struct Failure {
        link::ResultKind kind;
        std::string type_name;
        std::string text;
    };
    class AtWork;

    std::shared_ptr<task::Program> program_of(Call const& call);
    std::optional<Failure> attempt(Call const& call, std::uint64_t task, std::span<std::byte const> arguments,
                                   wire::Sink& result);

    std::uint32_t retries_;
    bool is_busy_ = false;
    std::map<CallId, std::shared_ptr<task::Program>> programs_;
};

}  // namespace rankpool::pool
