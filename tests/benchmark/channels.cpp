// SPDX-License-Identifier: MIT
/// channels pipe|queue|process N: a pipe's round trips, a queue's messages, or processes started and joined,
/// each with the last rank; reports us for one, or messages per second.
/// channels word N: round trips of a word in memory that two threads share, the least that a pipe can cost.
/// channels pool N: pools of 64 workers made, used once by each and ended; reports ms for one.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace {

void send_back(rankpool::Connection<long, long> connection, long count) {
    for (long i = 0; i < count; ++i) connection.send(connection.recv());
}
void put_all(rankpool::Queue<long> queue, long count) {
    for (long i = 0; i < count; ++i) queue.put(i);
}
void nothing() {}

rankpool::ProcessOptions far(rankpool::Context& context) {
    return {.rank = context.size() - 1};
}

void measure_pipe(rankpool::Context& context, long count) {
    auto [here, there] = context.pipe<long, long>();
    auto process = context.process<send_back>(far(context), there, 2 * count);
    process.start();
    auto const echo = [&, &end = here] {
        for (long i = 0; i < count; ++i) {
            end.send(i);
            if (end.recv() != i) throw std::logic_error("wrong message");
        }
    };
    echo();
    benchmark::report("us", 1e6 * benchmark::seconds(echo) / static_cast<double>(count));
    process.join();
}

void measure_queue(rankpool::Context& context, long count) {
    auto queue = context.queue<long>();
    auto process = context.process<put_all>(far(context), queue, count);
    process.start();
    long sum = queue.get();
    double const seconds = benchmark::seconds([&] {
        for (long i = 1; i < count; ++i) sum += queue.get();
    });
    if (sum != count * (count - 1) / 2) throw std::logic_error("wrong sum");
    benchmark::report("rate", static_cast<double>(count - 1) / seconds);
    process.join();
}

void measure_processes(rankpool::Context& context, long count) {
    std::vector<double> times;
    for (long i = 0; i < count; ++i) {
        auto process = context.process<nothing>(far(context));
        times.push_back(benchmark::seconds([&] {
            process.start();
            process.join();
        }));
    }
    benchmark::report("us", 1e6 * benchmark::median(std::move(times)));
}

void measure_word(long count) {
    constexpr std::size_t cache_line = 64;
    alignas(cache_line) std::atomic<long> there{0};
    alignas(cache_line) std::atomic<long> back{0};
    std::jthread const other{[&] {
        for (long i = 1; i <= count; ++i) {
            while (there.load(std::memory_order_acquire) != i) {
            }
            back.store(i, std::memory_order_release);
        }
    }};
    double const seconds = benchmark::seconds([&] {
        for (long i = 1; i <= count; ++i) {
            there.store(i, std::memory_order_release);
            while (back.load(std::memory_order_acquire) != i) {
            }
        }
    });
    benchmark::report("us", 1e6 * seconds / static_cast<double>(count));
}

long same(long x) {
    return x;
}

void measure_pools(rankpool::Context& context, long count) {
    constexpr long workers = 64;
    std::vector<long> const each(workers);
    std::vector<double> times;
    for (long i = 0; i < count; ++i) {
        times.push_back(benchmark::seconds([&] {
            auto pool = context.pool(workers);
            (void)pool.map<same>(each, {.chunksize = 1});
            pool.close();
            pool.join();
        }));
    }
    benchmark::report("ms", 1e3 * benchmark::median(std::move(times)));
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        std::string const what = argc == 3 ? argv[1] : "";
        long const count = argc == 3 ? std::stol(argv[2]) : 0;
        if (what == "word") measure_word(count);
        if (what == "pool") measure_pools(context, count);
        if (what == "pipe") measure_pipe(context, count);
        if (what == "queue") measure_queue(context, count);
        if (what == "process") measure_processes(context, count);
        return 0;
    });
}
