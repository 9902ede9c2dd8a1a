// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/job_base.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

using Jobs = std::vector<std::unique_ptr<Job>>;

// Function-local, since they are added by objects of other files before main.
Jobs& job_registry() {
    static Jobs all;
    return all;
}
Jobs& command_registry() {
    static Jobs all;
    return all;
}

std::vector<Job*> by_name(Jobs const& all) {
    std::vector<Job*> sorted;
    for (auto const& job : all) sorted.push_back(job.get());
    std::ranges::sort(sorted, {}, &Job::name);
    return sorted;
}

}  // namespace

Job::~Job() = default;

void add_job(std::unique_ptr<Job> job) {
    job_registry().push_back(std::move(job));
}

std::vector<Job*> jobs() {
    return by_name(job_registry());
}

void add_command(std::unique_ptr<Job> command) {
    command_registry().push_back(std::move(command));
}

std::vector<Job*> commands() {
    return by_name(command_registry());
}

}  // namespace rankpool::batch
