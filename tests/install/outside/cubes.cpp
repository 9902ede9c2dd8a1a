// SPDX-License-Identifier: MIT
#include <rankpool/batch/command_line.hpp>
#include <rankpool/batch/job.hpp>
#include <rankpool/rankpool.hpp>

#include <iostream>
#include <vector>

namespace batch = rankpool::batch;

struct Cubes {
    static constexpr char const* name = "cubes";
    static constexpr char const* summary = "The cubes of 1, 2, ...";
    static constexpr char const* result_name = "cube";

    void add_options(batch::OptionSet& options) { options.add("--count", count, "How many"); }

    std::vector<long> inputs() const {
        std::vector<long> numbers;
        for (long i = 1; i <= count; ++i) numbers.push_back(i);
        return numbers;
    }
    long work(long number) const { return number * number * number; }
    void finish(batch::Results<long, long> const& results) const {
        long sum = 0;
        results.for_each([&](long, long cube) { sum += cube; });
        std::cout << sum << " is the sum of " << results.size() << " cubes\n";
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
        archive& count;
    }
    long count = 10;
};

batch::Registered<Cubes> const registered;

int main(int argc, char** argv) {
    batch::CommandLine const line{{"cubes", "1.0", "Cubes of numbers."}, argc, argv};
    if (line.is_done()) return line.exit_code();
    return rankpool::run(argc, argv, [&](rankpool::Context& context) { return line.run(context); });
}
