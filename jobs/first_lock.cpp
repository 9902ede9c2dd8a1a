// SPDX-License-Identifier: MIT
// A bank: processes move money between accounts under a lock, so that nobody ever sees it in neither.
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <random>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

constexpr std::size_t accounts = 8;
constexpr long each_begins_with = 100;
constexpr int clerks = 4;

void move_money(rankpool::Array<long> bank, rankpool::RawValue<long> next, long transfers) {
    // The counter deals out the work: each number goes to one process.
    for (long i = next.fetch_add(1); i < transfers; i = next.fetch_add(1)) {
        auto random = rankpool::random_stream(1, static_cast<std::uint64_t>(i));
        std::uniform_int_distribution<std::size_t> account{0, accounts - 1};
        std::size_t const from = account(random);
        std::size_t const to = account(random);
        std::scoped_lock const held{bank.get_lock()};
        long const amount = std::min(10L, bank.get(from));
        bank.set(from, bank.get(from) - amount);
        bank.set(to, bank.get(to) + amount);
    }
}

class FirstLock : public batch::Job {
  public:
    std::string name() const override { return "first_lock"; }
    std::string summary() const override { return "A first lesson: processes move money under a lock"; }
    void add_options(batch::OptionSet& options) override {
        options.add("--transfers", transfers_, "How often money is moved").not_negative();
    }
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        auto bank = context.array<long>(std::vector<long>(accounts, each_begins_with));
        auto next = context.raw_value<long>();
        auto group = context.processes<move_money>(clerks, bank, next, transfers_);
        group.start();
        group.join();
        auto const balances = bank.read(0, bank.size());
        long const sum = std::accumulate(balances.begin(), balances.end(), 0L);
        fmt::print("{} transfers by {} processes: {} in the bank, as before\n", transfers_, clerks, sum);
        return sum == each_begins_with * static_cast<long>(accounts) ? batch::ExitCode::success
                                                                     : batch::ExitCode::tasks_failed;
    }

  private:
    long transfers_ = 200;
};

batch::Registered<FirstLock> const registered;

}  // namespace
}  // namespace jobs
