// SPDX-License-Identifier: MIT
#include "app/overhead_values.hpp"

#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"

#include <algorithm>
#include <chrono>
#include <map>

namespace app {
namespace {

namespace wire = rankpool::wire;

/// A user's own type.
struct Particle {
    std::string name = "electron";
    std::array<double, 3> position{1, 2, 3};
    double charge = -1;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& name& position& charge;
    }
};

/// The median time of one call in nanoseconds, over batches of a millisecond.
template <class Call>
double nanoseconds(Call call) {
    using Clock = std::chrono::steady_clock;
    constexpr int batches = 15;
    long calls = 1;
    std::vector<double> times;
    while (times.size() < batches) {
        auto const begin = Clock::now();
        for (long i = 0; i < calls; ++i) call();
        std::chrono::duration<double, std::nano> const took = Clock::now() - begin;
        if (took < std::chrono::milliseconds{1}) {
            calls *= 2;
        } else {
            times.push_back(took.count() / static_cast<double>(calls));
        }
    }
    std::ranges::nth_element(times, times.begin() + batches / 2);
    return times[batches / 2];
}

template <class T>
ValueCost cost_of(std::string type, T const& value) {
    wire::BufferSink sink;
    wire::encode(sink, value);
    ValueCost cost{std::move(type), sink.size(), 0, 0};
    cost.encode_ns = nanoseconds([&] {
        sink.clear();
        wire::encode(sink, value);
    });
    T copy{};
    cost.decode_ns = nanoseconds([&] {
        wire::Source source{sink.bytes()};
        wire::decode_into(source, copy);
    });
    return cost;
}

}  // namespace

std::vector<ValueCost> value_costs() {
    std::map<std::string, double> table;
    for (int i = 0; i < 100; ++i) table["key " + std::to_string(i)] = i;
    return {cost_of("a double", 1.5),
            cost_of("a string of 100 characters", std::string(100, 'x')),
            cost_of("a vector of 1000 doubles", std::vector<double>(1000, 1.5)),
            cost_of("a vector of 1 M doubles", std::vector<double>(1'000'000, 1.5)),
            cost_of("a struct with serialize()", Particle{}),
            cost_of("a vector of 100 such structs", std::vector<Particle>(100)),
            cost_of("a map of 100 strings to doubles", table)};
}

}  // namespace app
