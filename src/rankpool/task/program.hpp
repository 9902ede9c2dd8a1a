// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/wire/sink.hpp"
#include "rankpool/wire/source.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace rankpool::task {

/// One call's function with what is bound to it, in the worker. Used by one thread.
class Program {
  public:
    /// Where run() is, and after an exception where it was: in rebuilding the arguments, in the user's
    /// function, in combining what it gave with what is there (a reduction only), or in encoding its result.
    enum class Phase { arguments, function, combination, result };

    Program() = default;
    Program(Program const&) = delete;
    Program& operator=(Program const&) = delete;
    virtual ~Program() = default;

    /// Decodes one argument list, calls, encodes the result and keeps it until the next run() or forget().
    /// Throws SerializationError in the phases of arguments and result, and what the function threw in its
    /// own.
    virtual void run(wire::Source& arguments, wire::Sink& result) = 0;

    /// Encodes the result of the last run() again, say because the first sink reached its limit.
    virtual void encode_result(wire::Sink& result) = 0;

    /// Frees what is kept of earlier runs, and of a reduction what it has gathered.
    virtual void forget() = 0;

    /// Says which input the next run() is for. Matters to a reduction only.
    virtual void at(std::uint64_t /*index*/) {}

    /// Writes what a reduction has gathered since the last flush(), and forgets it unless the sink throws.
    virtual void flush(wire::Sink& /*result*/) {}

    [[nodiscard]] Phase phase() const { return phase_; }
    /// `begin` is called in each run() when the arguments are there and the user's function is next.
    void set_begin(std::function<void()> begin) { begin_ = std::move(begin); }

  protected:
    void enter_function() {
        phase_ = Phase::function;
        if (begin_) begin_();
    }

    Phase phase_ = Phase::arguments;

  private:
    std::function<void()> begin_;
};

/// Makes the program of a table entry from what encode_callable() wrote. Throws UsageError when this program
/// has no such function, SerializationError when what is bound cannot be rebuilt.
std::unique_ptr<Program> load(FunctionId id, wire::Source& bound);

}  // namespace rankpool::task
