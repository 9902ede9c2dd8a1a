// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/numbers.hpp"
#include "jobs/parts/quarter_circle.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>
#include <string>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

// Turns 1e8 into 100000000.
std::string check_samples(std::string& text) {
    char* end = nullptr;
    double const number = std::strtod(text.c_str(), &end);
    bool const is_whole =
        end != text.c_str() && *end == '\0' && std::isfinite(number) && number == std::floor(number);
    if (!is_whole || number < 1 || number > 1e18)
        return text + " is not a whole number from 1 to 1e18, such as 1e8";
    if (text.find_first_not_of("0123456789") != std::string::npos) text = fmt::format("{:.0f}", number);
    return {};
}

class PiJob : public batch::Job {
  public:
    std::string name() const override { return "pi"; }
    std::string summary() const override {
        return "Pi by random points in a square; the same digits on any number of ranks";
    }

    void add_options(CLI::App& command) override {
        command.add_option("--samples", samples_, "How many points; may be written 1e8")
            ->transform(CLI::Validator{check_samples, ""})
            ->type_name("NUMBER")
            ->capture_default_str();
        command
            .add_option("--seed", seed_, "Another seed, other points")
            // Without it, -1 would come out as 2^64 - 1.
            ->check(CLI::NonNegativeNumber.description(""))
            ->type_name("NUMBER")
            ->capture_default_str();
    }

    batch::ExitCode run(rankpool::Context& context, batch::Run& run) override {
        std::uint64_t hits = 0;
        {
            auto progress = run.progress("blocks", block_count(samples_));
            auto pool = context.pool();
            Numbers const blocks{block_count(samples_)};
            for (std::uint64_t const some :
                 pool.imap_unordered(rankpool::partial<hits_in_block>(seed_, samples_), blocks)) {
                hits += some;
                progress.advance();
            }
        }
        PiEstimate const pi = estimate_pi(hits, samples_);
        fmt::print("pi              {:.10f}\nstandard error  {:.10f}\nsamples         {}\n", pi.value,
                   pi.standard_error, samples_);
        return batch::ExitCode::success;
    }

  private:
    std::uint64_t samples_ = 100'000'000;
    std::uint64_t seed_ = 1;
};

batch::Registered<PiJob> const registered;

}  // namespace
}  // namespace jobs
