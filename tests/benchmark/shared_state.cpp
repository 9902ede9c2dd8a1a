// SPDX-License-Identifier: MIT
/// shared_state lock|contended|barrier|barrier64|fetch_add|array|dict N: us for one acquire and release of a
/// free lock, for one of eight processes that want it, for a round of a barrier of eight and of 64, for an
/// addition to a shared number, for an element of a shared array written and read, for an entry of a dict;
/// far_lock|far_fetch_add|far_dict: of rank 0, in a process of the last rank.
#include "rankpool/rankpool.hpp"

#include "report.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace {

constexpr int crowd = 8;

void report_each(long count, std::function<void()> const& all) {
    benchmark::report("us", 1e6 * benchmark::seconds(all) / static_cast<double>(count));
}

void use(rankpool::Lock const& lock, long count) {
    for (long i = 0; i < count; ++i) {
        lock.acquire();
        lock.release();
    }
}
void use_with_others(rankpool::Lock lock, rankpool::Barrier barrier, long count) {
    barrier.wait();
    use(lock, count);
    barrier.wait();
}
void meet(rankpool::Barrier barrier, long count) {
    for (long i = 0; i < count; ++i) barrier.wait();
}

void measure_lock(rankpool::Context& context, long count) {
    auto const lock = context.lock();
    use(lock, 10);
    report_each(count, [&] { use(lock, count); });
}

void measure_contended(rankpool::Context& context, long count) {
    auto const lock = context.lock();
    auto const barrier = context.barrier(crowd + 1);
    auto group = context.processes<use_with_others>(crowd, lock, barrier, count / crowd);
    group.start();
    barrier.wait();
    report_each(count, [&] { barrier.wait(); });
    group.join();
}

template <int parties>
void measure_barrier(rankpool::Context& context, long count) {
    auto const barrier = context.barrier(parties);
    auto group = context.processes<meet>(parties - 1, barrier, count + 1);
    group.start();
    barrier.wait();
    report_each(count, [&] { meet(barrier, count); });
    group.join();
}

void measure_fetch_add(rankpool::Context& context, long count) {
    auto const number = context.value<long>(0);
    report_each(count, [&] {
        for (long i = 0; i < count; ++i) number.fetch_add(1);
    });
    if (number.get() != count) throw std::logic_error("wrong sum");
}

void measure_array(rankpool::Context& context, long count) {
    auto const numbers = context.array<double>(1000);
    report_each(count, [&] {
        for (long i = 0; i < count; ++i) {
            auto const place = static_cast<std::size_t>(i % 1000);
            numbers.set(place, static_cast<double>(i));
            if (numbers.get(place) != static_cast<double>(i)) throw std::logic_error("wrong element");
        }
    });
}

/// What a process of the last rank does with something of this one, for so long.
template <auto f, class Object>
void measure_far(rankpool::Context& context, Object const& object, long count) {
    auto times = context.queue<double>();
    auto process = context.process<f>({.rank = context.size() - 1}, times, object, count);
    process.start();
    benchmark::report("us", 1e6 * times.get() / static_cast<double>(count));
    process.join();
}

void time_lock(rankpool::Queue<double> times, rankpool::Lock lock, long count) {
    use(lock, 10);
    times.put(benchmark::seconds([&] { use(lock, count); }));
}
void time_additions(rankpool::Queue<double> times, rankpool::Value<long> number, long count) {
    number.fetch_add(1);
    times.put(benchmark::seconds([&] {
        for (long i = 0; i < count; ++i) number.fetch_add(1);
    }));
}
void time_entries(rankpool::Queue<double> times, rankpool::Dict<long, long> dict, long count) {
    times.put(benchmark::seconds([&] {
        for (long i = 0; i < count; ++i) {
            dict.set(i % 1000, i);
            if (dict.at(i % 1000) != i) throw std::logic_error("wrong entry");
        }
    }));
}
void measure_far_lock(rankpool::Context& context, long count) {
    measure_far<time_lock>(context, context.lock(), count);
}
void measure_far_fetch_add(rankpool::Context& context, long count) {
    measure_far<time_additions>(context, context.value<long>(0), count);
}
void measure_far_dict(rankpool::Context& context, long count) {
    measure_far<time_entries>(context, context.dict<long, long>(), count);
}

void measure_dict(rankpool::Context& context, long count) {
    auto const dict = context.dict<long, long>();
    report_each(count, [&] {
        for (long i = 0; i < count; ++i) {
            dict.set(i % 1000, i);
            if (dict.at(i % 1000) != i) throw std::logic_error("wrong entry");
        }
    });
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        std::map<std::string, void (*)(rankpool::Context&, long)> const ways{
            {"lock", measure_lock},
            {"contended", measure_contended},
            {"barrier", measure_barrier<crowd>},
            {"barrier64", measure_barrier<64>},
            {"fetch_add", measure_fetch_add},
            {"array", measure_array},
            {"dict", measure_dict},
            {"far_lock", measure_far_lock},
            {"far_fetch_add", measure_far_fetch_add},
            {"far_dict", measure_far_dict}};
        ways.at(argc == 3 ? argv[1] : "")(context, std::stol(argv[2]));
        return 0;
    });
}
