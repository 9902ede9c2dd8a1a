// SPDX-License-Identifier: MIT
// The third lesson of Python's multiprocessing: a pool maps a function over a list.
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

int square(int x) {
    return x * x;
}

class FirstPool : public batch::Job {
  public:
    std::string name() const override { return "first_pool"; }
    std::string summary() const override { return "A first lesson: four workers square a list of numbers"; }
    void add_options(batch::OptionSet& /*options*/) override {}
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        auto pool = context.pool(4);
        fmt::print("{}\n", pool.map<square>({1, 2, 3, 4, 5}));
        return batch::ExitCode::success;
    }
};

batch::Registered<FirstPool> const registered;

}  // namespace
}  // namespace jobs
