// SPDX-License-Identifier: MIT
/// pool_huge GIB: one value of so many GiB to the other rank and back; says "ready" when it is back, and
/// waits for a line on standard input, so that the processes' memory can be looked at.
#include "held_worker.hpp"
#include "report.hpp"

#include <iostream>
#include <numeric>
#include <string>

namespace {

using Value = std::vector<std::uint64_t>;
int answered_by = 0;

Value echo(Value value) {
    answered_by = rankpool::current_process().rank();
    return value;
}

int who_answered() {
    return answered_by;
}

bool counts_up(Value const& value, std::size_t length) {
    for (std::size_t i = 0; i < value.size(); ++i)
        if (value[i] != i) return false;
    return value.size() == length;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        auto const length =
            (argc == 2 ? std::stoul(argv[1]) : 3UL) * 1024 * 1024 * 1024 / sizeof(std::uint64_t);
        auto pool = context.pool();
        pool.map<echo>(std::vector<Value>(pool.size()), {.chunksize = 1});  // a warm-up
        benchmark::HeldWorker const held(pool);
        Value back;
        {
            Value value;
            benchmark::report("fill", benchmark::seconds([&] {
                                  value.resize(length);
                                  std::iota(value.begin(), value.end(), std::uint64_t{0});
                              }));
            benchmark::report("seconds", benchmark::seconds([&] { back = pool.apply<echo>(value); }));
        }
        benchmark::report("correct", counts_up(back, length) ? 1 : 0);
        benchmark::report("rank", pool.apply<who_answered>());
        std::cout << "ready" << std::endl;
        std::string line;
        std::getline(std::cin, line);
        return 0;
    });
}
