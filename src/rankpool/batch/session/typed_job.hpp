// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/typed_tasks.hpp"
#include "rankpool/batch/store/run_record.hpp"

#include <cstdint>
#include <string>

namespace rankpool {
class Context;
}

namespace rankpool::batch {

class Store;

/// What a job's type says of itself.
struct JobTraits {
    std::string things;           ///< what its tasks are called
    bool watches_memory = false;  ///< `work` itself sees to --memory-limit
    bool takes_place = false;     ///< and to --timeout
    bool shows_tasks = false;     ///< it has something to show in a dry run
};

/// What run_session asks of a job, in this order: see the members of a job in recorded_job.hpp, most of which
/// a job need not have.
class TypedJob : public TypedTasks {
  public:
    [[nodiscard]] virtual JobTraits traits() const = 0;
    /// `by_median`: how long tasks may take changes while they run.
    virtual void prepare(Context& context, std::uint64_t memory_limit, bool by_median) = 0;
    /// Makes the range of inputs, from which `next` reads.
    virtual void open_inputs() = 0;
    /// Name, version and columns. The options and the seed are left to the caller.
    [[nodiscard]] virtual RunRecord record() const = 0;
    /// The run directory is there; what workers get of the job is settled now. Returns how many seconds
    /// before their end tasks are to be told of it.
    virtual double enter(std::string const& folder) = 0;
    /// For a dry run.
    virtual void show(Flight const& flight, TaskPlace const& place) const = 0;
    [[nodiscard]] virtual double rounds() const = 0;
    /// From now on the job looks on. `goes_on`: the run may have been begun by an earlier session.
    virtual void observe(Store& store, bool goes_on) = 0;
    /// Every input has a result.
    virtual void finish(Store& store) = 0;
};

}  // namespace rankpool::batch
