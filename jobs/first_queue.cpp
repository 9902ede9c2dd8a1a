// SPDX-License-Identifier: MIT
// The second lesson of Python's multiprocessing: a process that gives something back through a queue.
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include <fmt/format.h>

#include <string>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

void worker(rankpool::Queue<std::string> queue) {
    queue.put("Data from worker");
}

class FirstQueue : public batch::Job {
  public:
    std::string name() const override { return "first_queue"; }
    std::string summary() const override { return "A first lesson: a process puts its result into a queue"; }
    void add_options(batch::OptionSet& /*options*/) override {}
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        auto queue = context.queue<std::string>();
        auto process = context.process<worker>(queue);
        process.start();
        fmt::print("{}\n", queue.get());
        process.join();
        return batch::ExitCode::success;
    }
};

batch::Registered<FirstQueue> const registered;

}  // namespace
}  // namespace jobs
