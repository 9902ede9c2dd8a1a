// SPDX-License-Identifier: MIT
/// pool_costs EACH MICROSECONDS [BYTES [BUSY]]: naps of that length, EACH for every worker, with
/// inputs and results of BYTES; reports what processor time supervisors, owner and workers had for a task.
/// With BUSY the supervisor of rank 0 has core 0 to itself and so many busy loops, and all else has
/// the other cores: too slow for what there is to do, it is never idle, so that its processor time is its
/// service time.
#include "rankpool/rankpool.hpp"

#include "../benchmark/report.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
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
    /// Calls of write so far: Open MPI makes one for a small message by TCP, and workers are woken by other
    /// calls.
    [[nodiscard]] double writes() const { return number("io", "syscw:"); }
    [[nodiscard]] int parent() const { return static_cast<int>(number("status", "PPid:")); }

  private:
    /// What follows a word in a file about it.
    [[nodiscard]] double number(std::string const& name, std::string const& before) const {
        std::ifstream file{folder_ + name};
        for (std::string word; file >> word;) {
            double found = 0;
            if (word == before && file >> found) return found;
        }
        throw std::runtime_error("the kernel does not tell " + before + " of a process");
    }

    std::string folder_;
};

/// Of the rank that this process belongs to: a worker is a child of the fork server, and that of the
/// supervisor.
int supervisor() {
    return Process{::getppid()}.parent();
}

enum class Cores { first, others };

void keep_to(Cores which, int pid) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    long const count = ::sysconf(_SC_NPROCESSORS_ONLN);
    if (which == Cores::first) CPU_SET(0, &cores);
    for (long core = 1; which == Cores::others && core < count; ++core)
        CPU_SET(static_cast<std::size_t>(core), &cores);
    if (::sched_setaffinity(pid, sizeof cores, &cores) != 0) throw std::runtime_error("cannot choose cores");
}

/// Processes that compute on core 0 until this one ends.
void start_loops(int count) {
    for (int i = 0; i < count; ++i) {
        if (::fork() != 0) continue;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        keep_to(Cores::first, 0);
        std::atomic<int> rounds = 0;
        while (true) ++rounds;
    }
}

/// The processes of a rank take the cores that they are to have; on rank 0 the loops begin.
int take_places(int busy, int /*number*/) {
    bool const here = rankpool::current_process().rank() == 0;
    keep_to(Cores::others, 0);
    keep_to(here ? Cores::first : Cores::others, supervisor());
    if (here && rankpool::current_process().local_index() == 0) start_loops(busy);
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return 0;
}

struct Use {
    int rank = 0;
    double supervisor = 0;
    double writes = 0;  ///< of the supervisor
    double worker = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& supervisor& writes& worker;
    }
};

/// Long enough for each worker to get one.
Use look(int milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds{milliseconds});
    Process const above{supervisor()};
    return {rankpool::current_process().rank(), above.nanoseconds(), above.writes(),
            Process{::getpid()}.nanoseconds()};
}

struct Done {
    int rank = 0;
    std::string payload;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& payload;
    }
};

Done nap(int microseconds, std::string const& payload) {
    if (microseconds > 0) std::this_thread::sleep_for(std::chrono::microseconds{microseconds});
    return {rankpool::current_process().rank(), payload};
}

struct Sum {
    double home = 0;    ///< the supervisor of rank 0
    double others = 0;  ///< those of the other ranks
    double home_writes = 0;
    double others_writes = 0;
    double owner = 0;  ///< this process
    double workers = 0;
};

Sum look_at_all(rankpool::Pool& pool) {
    auto const uses = pool.map<look>(std::vector<int>(pool.size(), 100), {.chunksize = 1});
    std::map<int, Use> supervisors;
    Sum sum;
    for (Use const& use : uses) {
        supervisors[use.rank] = use;
        sum.workers += use.worker;
    }
    supervisors.erase(0);
    for (auto const& [rank, use] : supervisors) {
        sum.others += use.supervisor;
        sum.others_writes += use.writes;
    }
    Process const home{supervisor()};
    sum.home = home.nanoseconds();
    sum.home_writes = home.writes();
    sum.owner = Process{::getpid()}.nanoseconds();
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        auto const word = [&](int index, int otherwise) {
            return argc > index ? std::stoi(argv[index]) : otherwise;
        };
        int const each = word(1, 20);
        int const microseconds = word(2, 50'000);
        auto const bytes = static_cast<std::size_t>(word(3, 0));
        int const busy = word(4, 0);
        auto pool = context.pool();
        std::vector<std::string> const inputs(pool.size() * static_cast<std::size_t>(each),
                                              std::string(bytes, 'x'));
        auto const task = rankpool::partial<nap>(microseconds);
        if (busy > 0) {
            keep_to(Cores::others, 0);
            auto const places = rankpool::partial<take_places>(busy);
            pool.map(places, std::vector<int>(pool.size()), {.chunksize = 1});
        }
        pool.map(task, std::vector<std::string>(4 * pool.size()));  // a warm-up
        Sum const before = look_at_all(pool);
        std::vector<Done> results;
        double const seconds = benchmark::seconds([&] { results = pool.map(task, inputs); });
        Sum const after = look_at_all(pool);
        double far = 0;
        for (Done const& result : results) {
            if (result.payload.size() != bytes) throw std::logic_error("wrong results");
            far += result.rank == 0 ? 0 : 1;
        }
        auto const tasks = static_cast<double>(inputs.size());
        benchmark::report("workers", static_cast<double>(pool.size()));
        benchmark::report("tasks", tasks);
        benchmark::report("far", far / tasks);
        benchmark::report("seconds", seconds);
        benchmark::report("share", each * microseconds / 1e6 / seconds);
        benchmark::report("home_ns", (after.home - before.home) / tasks);
        if (far > 0) {
            benchmark::report("others_ns", (after.others - before.others) / far);
            benchmark::report("home_writes", (after.home_writes - before.home_writes) / far);
            benchmark::report("others_writes", (after.others_writes - before.others_writes) / far);
        }
        benchmark::report("owner_ns", (after.owner - before.owner) / tasks);
        benchmark::report("workers_ns", (after.workers - before.workers) / tasks);
        return 0;
    });
}
