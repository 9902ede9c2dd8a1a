// SPDX-License-Identifier: MIT
/// batch_store run recorded|bare --tasks N --steps S: tasks of S steps each with the run directory or
/// without.
#include "rankpool/batch/command_line.hpp"
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include "report.hpp"
#include "uneven_work.hpp"

#include <sys/resource.h>

#include <ranges>

namespace {

namespace batch = rankpool::batch;

struct Size {
    std::uint64_t tasks = 1000;
    std::uint64_t steps = 1;

    void add_options(batch::OptionSet& options) {
        options.add("--tasks", tasks, "How many");
        options.add("--steps", steps, "How long each is");
    }
    [[nodiscard]] std::ranges::iota_view<std::uint64_t, std::uint64_t> numbers() const { return {0, tasks}; }
};

std::uint64_t work(std::uint64_t steps, std::uint64_t number) {
    return uneven_work(steps) + number;
}

struct Recorded {
    static constexpr char const* name = "recorded";
    static constexpr char const* summary = "with a run directory";

    void add_options(batch::OptionSet& options) { size.add_options(options); }
    [[nodiscard]] auto inputs() const { return size.numbers(); }
    [[nodiscard]] std::uint64_t work(std::uint64_t number) const { return ::work(size.steps, number); }
    static void finish(batch::Results<std::uint64_t, std::uint64_t> const& results) {
        rusage usage{};
        ::getrusage(RUSAGE_SELF, &usage);
        benchmark::report("peak_mib", static_cast<double>(usage.ru_maxrss) / 1024);
        benchmark::report("rows", static_cast<double>(results.size()));
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& size.steps;
    }
    Size size;
};

class Bare : public batch::Job {
  public:
    [[nodiscard]] std::string name() const override { return "bare"; }
    [[nodiscard]] std::string summary() const override { return "without"; }
    void add_options(batch::OptionSet& options) override { size_.add_options(options); }
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        std::uint64_t sum = 0;
        auto pool = context.pool();
        benchmark::report("seconds", benchmark::seconds([&] {
                              auto const task = rankpool::partial<::work>(size_.steps);
                              for (auto const result : pool.imap_unordered(task, size_.numbers()))
                                  sum += result;
                          }));
        return sum == 0 ? batch::ExitCode::tasks_failed : batch::ExitCode::success;
    }

  private:
    Size size_;
};

batch::Registered<Recorded> const recorded;
batch::Registered<Bare> const bare;

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string{argv[1]} == "calibrate") {
        constexpr std::uint64_t steps = 50'000'000;
        std::uint64_t sink = 0;
        double const seconds = benchmark::seconds([&] { sink = uneven_work(steps); });
        benchmark::report("steps_per_ms", sink == 0 ? 0 : static_cast<double>(steps) / seconds / 1000);
        return 0;
    }
    batch::CommandLine const line{{"batch_store", "1", "What recording costs."}, argc, argv};
    if (line.is_done()) return line.exit_code();
    return rankpool::run(argc, argv, [&](rankpool::Context& context) { return line.run(context); });
}
