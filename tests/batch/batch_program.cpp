// SPDX-License-Identifier: MIT
// A program with recorded jobs of its own, for the tests that run, stop and resume it.
#include "rankpool/batch/command_line.hpp"
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include <boost/serialization/nvp.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace batch = rankpool::batch;

struct Number {
    std::string label;
    long number = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(label) & BOOST_SERIALIZATION_NVP(number);
    }
};

struct Square {
    long number = 0;  // is in the input as well
    double root = 0;
    std::vector<long> divisors;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(number) & BOOST_SERIALIZATION_NVP(root) &
            BOOST_SERIALIZATION_NVP(divisors);
    }
};

/// Squares of numbers that are read from a file or counted; some tasks misbehave where they are told to.
struct Squares {
    static constexpr char const* name = "squares";
    static constexpr char const* summary = "The squares of numbers";
    static constexpr char const* things = "numbers";

    void add_options(batch::OptionSet& options) {
        options.add("--count", count, "How many");
        options.add("--power", power, "Another makes another run");
        options.add("--numbers", numbers, "A file of numbers, one on each line, instead");
        for (batch::Option option :
             {options.add("--nap", nap, "Microseconds that each task takes"),
              options.add("--throwing", throwing, "This number throws while the file --spoiled is there"),
              options.add("--crashing", crashing, "This one is killed"),
              options.add("--hanging", hanging, "This one sleeps for a minute"),
              options.add("--hungry", hungry, "This one takes a gigabyte"),
              options.add("--spoiled", spoiled, "Numbers misbehave while there is this file"),
              options.add("--bytes", bytes, "Length of each label"),
              options.add("--journal", journal, "Each task adds its number to this file")}) {
            option.group(batch::output_group);
        }
    }

    std::vector<Number> inputs() {
        std::vector<Number> all;
        std::string const filling(bytes, 'x');
        if (numbers.empty()) {
            for (long i = 0; i < count; ++i) all.push_back({"n" + filling, i});
        } else {
            std::ifstream in{numbers};
            for (long number = 0; in >> number;) all.push_back({"n" + filling, number});
        }
        return all;
    }

    Square work(Number const& input) const {
        std::this_thread::sleep_for(std::chrono::microseconds{nap});
        if (!journal.empty()) {
            // One write, so that lines of several processes do not mix.
            std::ofstream{journal, std::ios::app} << std::to_string(input.number) + "\n" << std::flush;
        }
        bool const spoil = spoiled.empty() || std::ifstream{spoiled}.good();
        if (spoil && input.number == throwing) throw std::domain_error("no square for this one");
        if (spoil && input.number == crashing) ::raise(SIGKILL);
        if (spoil && input.number == hanging) std::this_thread::sleep_for(std::chrono::minutes{1});
        if (spoil && input.number == hungry) {
            std::vector<char> const food(std::size_t{1} << 30, 'f');
            std::this_thread::sleep_for(std::chrono::seconds{food[7] == 'f' ? 20 : 0});
        }
        Square result{power == 2 ? input.number * input.number : input.number, 0.5, {1, input.number}};
        return result;
    }

    void finish(batch::Results<Number, Square> const& results) const {
        long sum = 0;
        long count_seen = 0;
        results.for_each([&](Number const& input, Square const& square) {
            if (square.divisors.at(1) != input.number) throw std::logic_error("a row of two halves");
            sum += square.number;
            ++count_seen;
        });
        std::printf("%ld squares, sum %ld\n", count_seen, sum);
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& power& nap& throwing& crashing& hanging& hungry& spoiled& journal;
    }

    long count = 100;
    long power = 2;
    std::string numbers;
    long nap = 0;
    long throwing = -1;
    long crashing = -1;
    long hanging = -1;
    long hungry = -1;
    std::string spoiled;
    std::size_t bytes = 0;
    std::string journal;
};

batch::Registered<Squares> const registered;

}  // namespace

int main(int argc, char** argv) {
    batch::CommandLine const line{{"squares", "3.1", "Squares, for the tests."}, argc, argv};
    if (line.is_done()) return line.exit_code();
    return rankpool::run(argc, argv, [&](rankpool::Context& context) { return line.run(context); });
}
