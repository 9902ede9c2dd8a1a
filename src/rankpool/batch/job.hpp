// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/session/recorded_job.hpp"

#include <memory>
#include <type_traits>

namespace rankpool::batch {

/// Adds a job to the program: an object of it in namespace scope of the job's file does,
///
///     rankpool::batch::Registered<Squares> const registered;
///
/// where Squares is a recorded job, which most are. One that is not derives from Job.
template <class J>
class Registered {
  public:
    Registered() {
        if constexpr (std::is_base_of_v<Job, J>) {
            add_job(std::make_unique<J>());
        } else {
            add_job(std::make_unique<RecordedJob<J>>());
        }
    }
};

}  // namespace rankpool::batch
