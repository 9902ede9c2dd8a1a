// SPDX-License-Identifier: MIT
// The first lesson of Python's multiprocessing: two processes that compute at the same time.
#include "rankpool/batch/job.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/rankpool.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

constexpr std::uint64_t numbers = 10'000'000;

// The sum of i * i for i below n, added up one by one.
std::uint64_t sum_of_squares(std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        sum += i * i;
        // Else the compiler would know a formula for it.
        asm volatile("" : "+r"(sum));
    }
    return sum;
}

/// Ends the process where nothing can be printed; a reader that has left wants no more.
void print_line(std::string const& text) {
    ::signal(SIGPIPE, SIG_IGN);
    if ((std::puts(text.c_str()) >= 0 && std::fflush(stdout) == 0) || errno == EPIPE) return;
    rankpool::say(
        fmt::format("cannot print ({}). Is there room for it?", std::generic_category().message(errno)));
    std::exit(static_cast<int>(batch::ExitCode::output_failed));
}

void heavy_math(std::string const& name) {
    print_line(fmt::format("Process {} starting...", name));
    if (sum_of_squares(numbers) != 1291890006563070912U) throw std::logic_error("this processor cannot add");
    print_line(fmt::format("Process {} finished.", name));
}

class HeavyMath : public batch::Job {
  public:
    std::string name() const override { return "heavy_math"; }
    std::string summary() const override { return "A first lesson: two processes compute at the same time"; }
    void add_options(batch::OptionSet& /*options*/) override {}
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        auto a = context.process<heavy_math>("A");
        auto b = context.process<heavy_math>("B");
        a.start();
        b.start();
        a.join();
        b.join();
        for (auto const code : {batch::ExitCode::output_failed, batch::ExitCode::success}) {
            if (a.exitcode() == static_cast<int>(code) && b.exitcode() == static_cast<int>(code)) return code;
        }
        return batch::ExitCode::tasks_failed;
    }
};

batch::Registered<HeavyMath> const registered;

}  // namespace
}  // namespace jobs
