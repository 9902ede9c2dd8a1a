// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/attempt.hpp"

#include "rankpool/batch/columns/input_text.hpp"

#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_error = 8 * 1024;

}  // namespace

char const* word_for(AttemptOutcome outcome) {
    switch (outcome) {
        case AttemptOutcome::ok:
            return "ok";
        case AttemptOutcome::failed:
            return "failed";
        case AttemptOutcome::timeout:
            return "timeout";
        case AttemptOutcome::lost:
            break;
    }
    return "lost";
}

AttemptOutcome outcome_of(std::string const& word) {
    for (auto const outcome : {AttemptOutcome::ok, AttemptOutcome::timeout, AttemptOutcome::lost}) {
        if (word == word_for(outcome)) return outcome;
    }
    return AttemptOutcome::failed;
}

std::string bounded_error(std::string text) {
    std::size_t const size = text.size();
    if (size <= longest_error) return text;
    constexpr std::size_t room_for_size = 100;
    return shortened(std::move(text), longest_error - room_for_size) + " (" + std::to_string(size) +
           " bytes in all)";
}

}  // namespace rankpool::batch
