// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/std_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A signal, and how long what gets it may take.
struct EndStep {
    int signal = 0;
    double seconds = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& signal& seconds;
    }
};

/// How a command is ended: one step after the other, then SIGKILL.
using EndSteps = std::vector<EndStep>;

/// SIGTERM, and 5 s.
EndSteps default_end_steps();

/// What they take, all together.
double total_seconds(EndSteps const& steps);

/// Of `TERM,10s,INT,5s,KILL`: signals by name or number, each but the last with a time after it. Nothing
/// where the text is none.
std::optional<EndSteps> parse_end_steps(std::string const& text);

/// `TERM` or `SIGTERM` or `15`. Nothing where there is no such signal.
std::optional<int> parse_signal(std::string const& text);

}  // namespace rankpool::batch
