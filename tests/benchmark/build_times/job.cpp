// SPDX-License-Identifier: MIT
// A job as people write it: a struct in and out, two options, and a last word.
#include <rankpool/batch/job.hpp>
#include <rankpool/rankpool.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace {

namespace batch = rankpool::batch;

struct Point {
    double x = 0;
    long steps = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(x) & BOOST_SERIALIZATION_NVP(steps);
    }
};

struct Orbit {
    double last = 0;
    std::string kind;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(last) & BOOST_SERIALIZATION_NVP(kind);
    }
};

struct Logistic {
    static constexpr char const* name = "logistic";
    static constexpr char const* summary = "The logistic map";

    void add_options(batch::OptionSet& options) {
        options.add("--points", points, "How many").positive();
        options.add("--steps", steps, "Steps of each").positive();
    }
    std::vector<Point> inputs() const {
        std::vector<Point> all;
        for (long i = 0; i < points; ++i) {
            all.push_back({4.0 * static_cast<double>(i) / static_cast<double>(points), steps});
        }
        return all;
    }
    Orbit work(Point const& point) const {
        double x = 0.5;
        for (long i = 0; i < point.steps; ++i) x = point.x * x * (1 - x);
        return {x, x < 0.5 ? "low" : "high"};
    }
    void finish(batch::Results<Point, Orbit> const& results) const {
        results.for_each([](Point const& point, Orbit const& orbit) {
            std::cout << point.x << ' ' << orbit.last << ' ' << orbit.kind << '\n';
        });
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& points& steps;
    }

    long points = 100;
    long steps = 1000;
};

batch::Registered<Logistic> const registered;

}  // namespace
