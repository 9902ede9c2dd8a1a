// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/numbers.hpp"
#include "jobs/parts/quarter_circle.hpp"

#include <fmt/format.h>

#include <algorithm>
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

struct Pi {
    static constexpr char const* name = "pi";
    static constexpr char const* summary =
        "Pi by random points in a square; the same digits on any number of ranks";
    static constexpr char const* things = "blocks";
    static constexpr char const* input_name = "block";
    static constexpr char const* result_name = "hits";

    void add_options(batch::OptionSet& options) {
        options.add("--samples", samples, "How many points; may be written 1e8")
            .transform(check_samples)
            .type_name("NUMBER");
        options
            .add("--seed", seed, "Another seed, other points")
            // Without it, -1 would come out as 2^64 - 1.
            .not_negative()
            .type_name("NUMBER");
    }

    Numbers inputs() const { return Numbers{block_count(samples)}; }
    std::uint64_t work(std::uint64_t block) const { return hits_in_block(seed, samples, block); }

    void finish(batch::Results<std::uint64_t, std::uint64_t> const& results) const {
        std::uint64_t hits = 0;
        std::uint64_t drawn = 0;
        results.for_each([&](std::uint64_t block, std::uint64_t some) {
            if (block >= block_count(samples)) throw batch::InputError("the results have a block too many");
            hits += some;
            drawn += std::min(block_size, samples - block * block_size);
        });
        PiEstimate const pi = estimate_pi(hits, drawn);
        batch::print(fmt::format("pi              {:.10f}\nstandard error  {:.10f}\nsamples         {}\n",
                                 pi.value, pi.standard_error, drawn));
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& samples& seed;
    }

    std::uint64_t samples = 100'000'000;
    std::uint64_t seed = 1;
};

batch::Registered<Pi> const registered;

}  // namespace
}  // namespace jobs
