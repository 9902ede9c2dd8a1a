// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/check/check_facts.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Something that a person should know before a long run.
struct Finding {
    bool is_problem = false;  ///< it will hurt; otherwise it is good to know
    std::string what;
    std::string why;
    std::string suggestion;  ///< may be empty
};

/// What is to be said about these facts, problems first.
std::vector<Finding> findings_of(CheckFacts const& facts);

/// The ranks of each host, by its name, in the order of the ranks.
std::vector<std::pair<std::string, std::vector<RankFacts const*>>> by_host(CheckFacts const& facts);

}  // namespace rankpool::batch
