// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/command_end.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// How a task ended.
enum class AttemptOutcome { ok, failed, timeout, lost };
/// `ok`, `failed`, `timeout` or `lost`.
char const* word_for(AttemptOutcome outcome);
/// `failed` where the word is none.
AttemptOutcome outcome_of(std::string const& word);

/// One time that a task was begun.
struct Attempt {
    std::int64_t task = 0;
    unsigned number = 1;
    int rank = 0;
    int pid = 0;
    int processor = -1;  ///< on which alone its worker ran; negative: on several, or not known
    std::string host;
    double started = 0;  ///< seconds since 1970
    double seconds = 0;
    std::int64_t peak_memory = 0;  ///< of its process so far, in bytes
    AttemptOutcome outcome = AttemptOutcome::ok;
    std::string error;
    std::string out;  ///< of a command that failed: what it had written
    std::string err;
    std::optional<CommandEnd> command{};  ///< where the task was one
};

/// An error's text, cut where it is longer than a few KiB, and then with its size.
std::string bounded_error(std::string text);

}  // namespace rankpool::batch
