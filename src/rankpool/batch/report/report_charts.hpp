// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/report/run_facts.hpp"

#include <string>

namespace rankpool::batch {

/// `text` with what HTML would take for markup written out.
std::string escaped(std::string const& text);

/// A row for each worker: when it was busy, when it waited, which tasks failed. At most the first 64 workers.
std::string time_line_chart(SessionFacts const& session);

/// Tasks that ended per second, over the session.
std::string throughput_chart(SessionFacts const& session);

/// How many tasks took how long; the durations on a logarithmic scale.
std::string duration_chart(RunFacts const& facts);

}  // namespace rankpool::batch
