// SPDX-License-Identifier: MIT
#include "tests/simulate/question.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>

namespace rankpool::simulate {
namespace {

using std::chrono::nanoseconds;

/// An owner gathers inputs into a frame up to this size, or for so long.
constexpr double parcel_bytes = 64 * 1024;
constexpr double parcel_time = 500e3;

/// The words of a line; each is to be asked for.
class Words {
  public:
    explicit Words(std::string_view line) {
        std::istringstream in{std::string{line}};
        for (std::string name, value; in >> name;) {
            if (!(in >> value)) throw std::invalid_argument(name + " without a value");
            words_[name] = value;
        }
    }

    std::string text(std::string const& name, std::string const& otherwise) {
        auto const word = words_.extract(name);
        return word ? word.mapped() : otherwise;
    }
    double number(std::string const& name, double otherwise) {
        auto const word = words_.extract(name);
        if (!word) return otherwise;
        std::size_t read = 0;
        double const value = std::stod(word.mapped(), &read);
        if (read != word.mapped().size() || !std::isfinite(value) || value < 0) {
            throw std::invalid_argument(name + " " + word.mapped());
        }
        return value;
    }
    std::uint64_t count(std::string const& name, std::uint64_t otherwise) {
        return static_cast<std::uint64_t>(number(name, static_cast<double>(otherwise)));
    }
    void require_none() const {
        if (!words_.empty()) throw std::invalid_argument("no option " + words_.begin()->first);
    }

  private:
    std::map<std::string, std::string> words_;
};

Policy policy_called(std::string const& name) {
    if (name == "rankpool") return Policy::rankpool;
    if (name == "guided") return Policy::guided;
    if (name == "factoring") return Policy::factoring;
    throw std::invalid_argument("policy " + name);
}

TaskTimes times_called(std::string const& name, Words& words, std::size_t count, std::size_t each) {
    auto const nanoseconds_of = [](double value) { return nanoseconds{std::llround(value)}; };
    double const length = words.number("length", 1e6);
    auto const seed = static_cast<unsigned>(words.count("seed", 1));
    if (name == "equal") return equal_times(count, nanoseconds_of(length));
    if (name == "log_normal") return log_normal_times(count, nanoseconds_of(length), seed);
    if (name == "uniform") {
        double const least = words.number("least", 0);
        double const most = words.number("most", 2 * length - least);
        return uniform_times(count, nanoseconds_of(least), nanoseconds_of(most), seed);
    }
    if (name == "giant") {
        // Half as long as all take together, where it begins at once.
        double const giant = words.number("giant", length * static_cast<double>(each) / 2);
        return one_giant(count, nanoseconds_of(length), nanoseconds_of(giant), seed);
    }
    throw std::invalid_argument("times " + name);
}

}  // namespace

Question parse_question(std::string_view line) {
    Words words{line};
    Question question;
    Setup& setup = question.setup;
    setup.workers = words.count("workers", 2);
    setup.workers_per_rank = words.count("workers_per_rank", 64);
    if (setup.workers == 0 || setup.workers_per_rank == 0) throw std::invalid_argument("no workers");
    setup.workers_per_rank = std::min(setup.workers_per_rank, setup.workers);
    setup.chunksize = words.count("chunksize", 0);
    setup.policy = policy_called(words.text("policy", "rankpool"));
    setup.task_bytes = words.count("task_bytes", setup.task_bytes);
    setup.rank_life = Nanoseconds{words.number("rank_life", 0)};
    setup.machine.cores = words.number("cores", 0);
    for (auto const& [name, field] : machine_fields) {
        setup.machine.*field = Nanoseconds{words.number(std::string{name}, 0)};
    }
    double const by_bytes = parcel_bytes / static_cast<double>(setup.task_bytes + record_bytes);
    double const by_time = parcel_time / std::max(setup.machine.owner_feed.count(), 1.0);
    setup.parcel = static_cast<std::uint64_t>(std::max(1.0, std::min(by_bytes, by_time)));
    std::size_t const each = words.count("tasks_per_worker", 20);
    std::size_t const count = words.count("tasks", each * setup.workers);
    if (count == 0) throw std::invalid_argument("no tasks");
    setup.seed = static_cast<unsigned>(words.count("losses_seed", 1));
    question.wants_greedy = words.count("greedy", 0) != 0;
    question.times = times_called(words.text("times", "equal"), words, count, each);
    words.require_none();
    return question;
}

std::string answer(Question const& question) {
    auto const begin = std::chrono::steady_clock::now();
    Outcome const outcome = PoolSimulation{question.setup, question.times}.run();
    std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
    std::ostringstream out;
    out.precision(10);
    out << "efficiency " << outcome.efficiency << " makespan " << outcome.makespan.count() << " tasks "
        << question.times.size() << " batches " << outcome.batches << " recalls " << outcome.recalls
        << " result_frames " << outcome.result_frames << " losses " << outcome.losses << " repeated "
        << outcome.repeated << " home_busy " << outcome.home_busy << " complete " << outcome.is_complete
        << " events " << outcome.events << " took " << took.count();
    if (question.wants_greedy) {
        out << " greedy " << greedy_efficiency(question.setup.workers, question.times);
    }
    return out.str();
}

}  // namespace rankpool::simulate
