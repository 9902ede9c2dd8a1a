// SPDX-License-Identifier: MIT
#include "rankpool/batch/job_base.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

// Function-local, since jobs are added by objects of other files before main.
std::vector<std::unique_ptr<Job>>& registry() {
    static std::vector<std::unique_ptr<Job>> all;
    return all;
}

}  // namespace

Job::~Job() = default;

void add_job(std::unique_ptr<Job> job) {
    registry().push_back(std::move(job));
}

std::vector<Job*> jobs() {
    std::vector<Job*> sorted;
    for (auto const& job : registry()) sorted.push_back(job.get());
    std::ranges::sort(sorted, {}, &Job::name);
    return sorted;
}

}  // namespace rankpool::batch
