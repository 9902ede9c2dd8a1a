// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/launch/time_question.hpp"

#include <string>

namespace rankpool::batch {

/// How long this job of Grid Engine's, or this one of an array, may still run, `now` being seconds since
/// 1970: in what `qconf -sq QUEUE@HOST` says, which may be missing, and then `qstat -r -s r -xml`.
TimeAnswer grid_engines_answer(std::string const& out, std::string const& job, std::string const& task,
                               double now);

}  // namespace rankpool::batch
