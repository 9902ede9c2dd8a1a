// SPDX-License-Identifier: MIT
/// pool_costs EACH MICROSECONDS [BYTES]: naps of that length, EACH for every worker, with inputs and results
/// of BYTES; reports what processor time supervisors, owner and workers had for them.
#include "rankpool/rankpool.hpp"

#include "../benchmark/report.hpp"

#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

/// A process on this node, by what Linux says of it.
class Process {
  public:
    explicit Process(int pid) : folder_{"/proc/" + std::to_string(pid) + "/"} {}

    /// Processor time so far.
    [[nodiscard]] double nanoseconds() const {
        double time = 0;
        if (!(std::ifstream{folder_ + "schedstat"} >> time)) {
            throw std::runtime_error("the kernel does not tell processor times");
        }
        return time;
    }
    [[nodiscard]] int parent() const {
        std::ifstream file{folder_ + "status"};
        for (std::string word; file >> word;) {
            int pid = 0;
            if (word == "PPid:" && file >> pid) return pid;
        }
        throw std::runtime_error("a process without a parent");
    }

  private:
    std::string folder_;
};

/// Of the rank that this process belongs to: a worker is a child of the fork server, and that of the
/// supervisor.
Process supervisor() {
    return Process{Process{::getppid()}.parent()};
}

struct Use {
    int rank = 0;
    double supervisor = 0;
    double worker = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& supervisor& worker;
    }
};

/// Long enough for each worker to get one.
Use look(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    return {rankpool::current_process().rank(), supervisor().nanoseconds(),
            Process{::getpid()}.nanoseconds()};
}

std::string nap(int microseconds, std::string const& payload) {
    if (microseconds > 0) std::this_thread::sleep_for(std::chrono::microseconds{microseconds});
    return payload;
}

struct Sum {
    double home = 0;    ///< the supervisor of rank 0
    double others = 0;  ///< those of the other ranks
    double owner = 0;   ///< this process
    double workers = 0;
};

Sum look_at_all(rankpool::Pool& pool) {
    auto const uses = pool.map<look>(std::vector<int>(pool.size(), 100), {.chunksize = 1});
    std::map<int, double> supervisors;
    Sum sum;
    for (Use const& use : uses) {
        supervisors[use.rank] = use.supervisor;
        sum.workers += use.worker;
    }
    for (auto const& [rank, time] : supervisors) sum.others += rank == 0 ? 0 : time;
    sum.home = supervisor().nanoseconds();
    sum.owner = Process{::getpid()}.nanoseconds();
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        if (argc < 3) throw std::invalid_argument("pool_costs EACH MICROSECONDS [BYTES]");
        auto const each = std::stoul(argv[1]);
        int const microseconds = std::stoi(argv[2]);
        std::size_t const bytes = argc > 3 ? std::stoul(argv[3]) : 0;
        auto pool = context.pool();
        std::vector<std::string> const inputs(pool.size() * each, std::string(bytes, 'x'));
        auto const task = rankpool::partial<nap>(microseconds);
        pool.map(task, std::vector<std::string>(4 * pool.size()));  // a warm-up
        Sum const before = look_at_all(pool);
        std::vector<std::string> results;
        double const seconds = benchmark::seconds([&] { results = pool.map(task, inputs); });
        Sum const after = look_at_all(pool);
        if (results != inputs) throw std::logic_error("wrong results");
        double const tasks = static_cast<double>(inputs.size());
        benchmark::report("workers", static_cast<double>(pool.size()));
        benchmark::report("tasks", tasks);
        benchmark::report("seconds", seconds);
        benchmark::report("share", static_cast<double>(each) * microseconds / 1e6 / seconds);
        benchmark::report("home_ns", (after.home - before.home) / tasks);
        benchmark::report("others_ns", (after.others - before.others) / tasks);
        benchmark::report("owner_ns", (after.owner - before.owner) / tasks);
        benchmark::report("workers_ns", (after.workers - before.workers) / tasks);
        return 0;
    });
}
