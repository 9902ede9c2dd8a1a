// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_findings.hpp"

#include "rankpool/batch/text/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace rankpool::batch {
namespace {

using Host = std::pair<std::string, std::vector<RankFacts const*>>;

constexpr double mebibyte = 1024.0 * 1024;
/// Open MPI's segment of a rank, and room for large messages.
constexpr double shared_memory_of_rank = 8 * mebibyte;
constexpr double least_memory_of_worker = 256 * mebibyte;
constexpr double least_space = 1024 * mebibyte;

bool has(RankFacts const& rank, std::string const& transport) {
    return std::ranges::find(rank.transports, transport) != rank.transports.end();
}

class Judge {
  public:
    explicit Judge(CheckFacts const& facts) : facts_(facts), hosts_(by_host(facts)) {}

    std::vector<Finding> judge() {
        world();
        for (auto const& host : hosts_) {
            cores(host);
            memory(host);
        }
        binding();
        transport();
        folder();
        time();
        recovery();
        std::ranges::stable_sort(findings_, std::greater{}, &Finding::is_problem);
        return std::move(findings_);
    }

  private:
    void problem(std::string what, std::string why, std::string suggestion) {
        findings_.push_back({true, std::move(what), std::move(why), std::move(suggestion)});
    }
    void note(std::string what, std::string why, std::string suggestion) {
        findings_.push_back({false, std::move(what), std::move(why), std::move(suggestion)});
    }

    void world() {
        int const ranks = static_cast<int>(facts_.ranks.size());
        if (facts_.tasks_told <= ranks) return;
        std::string const what =
            fmt::format("{} rank{} where {} were asked for", ranks, ranks == 1 ? "" : "s", facts_.tasks_told);
        if (facts_.is_slurm_step && ranks == 1) {
            problem(what, "srun and this program's MPI do not know of each other, so that each is alone",
                    "Start with srun --mpi=pmix, or with mpirun?");
        } else if (facts_.is_batch_job && ranks == 1) {
            problem(what, "it was started without mpirun or srun", "Start with mpirun, or srun --mpi=pmix?");
        } else {
            problem(what, "the launcher is another MPI's, or was told so",
                    "Use the mpirun of the Open MPI that this program was built with, without -np?");
        }
    }

    void cores(Host const& host) {
        std::set<int> usable;
        for (auto const* rank : host.second) usable.insert(rank->cores.begin(), rank->cores.end());
        auto const workers = host.second.size() * static_cast<std::size_t>(facts_.workers_per_rank);
        if (workers > usable.size()) {
            problem(fmt::format("{} has {} workers on {} cores", host.first, workers, usable.size()),
                    "they will wait for each other",
                    "Start fewer ranks there, or fewer workers with --workers-per-rank?");
        } else if (workers < usable.size()) {
            note(fmt::format("{} of {} cores of {} have no worker", usable.size() - workers, usable.size(),
                             host.first),
                 "tasks with threads may use them", "More ranks, or --workers-per-rank auto?");
        }
    }

    void memory(Host const& host) {
        RankFacts const& first = *host.second.front();
        auto const ranks = static_cast<double>(host.second.size());
        double const each = static_cast<double>(first.memory) / (ranks * facts_.workers_per_rank);
        if (each < least_memory_of_worker) {
            problem(
                fmt::format("{} has {} for each worker", host.first, size_text(each)),
                first.is_memory_limited ? "the job's memory limit, by its cgroup" : "little memory is free",
                "Ask for more with --mem-per-cpu, or start fewer workers?");
        }
        if (static_cast<double>(first.shared_memory) < ranks * shared_memory_of_rank) {
            problem(fmt::format("{} has {} in /dev/shm", host.first,
                                size_text(static_cast<double>(first.shared_memory))),
                    fmt::format("{:.0f} ranks there need some {} for their messages", ranks,
                                size_text(ranks * shared_memory_of_rank)),
                    "Remove old files there, or give a container more with --shm-size?");
        }
    }

    void binding() {
        auto const workers = static_cast<std::size_t>(facts_.workers_per_rank);
        std::map<std::pair<std::string, std::vector<int>>, int> sets;
        for (auto const& rank : facts_.ranks) ++sets[{rank.host, rank.cores}];
        for (auto const& [place, ranks] : sets) {
            auto const cores = place.second.size();
            bool const is_bound = cores < static_cast<std::size_t>(facts_.ranks.front().cores_of_host);
            if (!is_bound || workers * static_cast<std::size_t>(ranks) <= cores) continue;
            problem(fmt::format("{} workers share {} of the cores of {}",
                                workers * static_cast<std::size_t>(ranks), cores, place.first),
                    "their ranks are bound to those",
                    "Start with mpirun --bind-to none, or srun --cpus-per-task?");
            return;
        }
    }

    void transport() {
        auto const slow = std::ranges::find_if(facts_.ranks, [](RankFacts const& rank) {
            return rank.has_fast_network && has(rank, "pml ob1") && !has(rank, "btl openib") &&
                   !has(rank, "btl uct") && !has(rank, "btl ofi");
        });
        if (hosts_.size() > 1 && slow != facts_.ranks.end()) {
            problem("ranks talk by TCP over a network that can do better",
                    slow->host + " has a fast network that this Open MPI does not use",
                    "Use the site's Open MPI, or one with UCX?");
        }
        for (auto const& host : hosts_) {
            RankFacts const& first = *host.second.front();
            bool const by_tcp_alone = has(first, "pml ob1") && has(first, "btl tcp") &&
                                      !has(first, "btl vader") && !has(first, "btl sm");
            if (host.second.size() < 2 || !by_tcp_alone) continue;
            return problem(fmt::format("ranks on {} talk by TCP", host.first),
                           "Open MPI's shared memory is switched off", "Leave OMPI_MCA_btl unset?");
        }
        if (!facts_.forks_told.empty() && facts_.forks_told != "0") {
            note("Open MPI is told to warn of forks", "mpi_warn_on_fork is " + facts_.forks_told,
                 "No warning concerns rankpool: it forks before MPI starts, which is safe on every network");
        }
    }

    void folder() {
        if (!facts_.is_writable) {
            return problem("cannot write in " + facts_.folder, "results are kept there",
                           "Go elsewhere, or name another folder with --run-dir?");
        }
        if (static_cast<double>(facts_.free_space) < least_space) {
            problem(fmt::format("{} has {} left", facts_.folder,
                                size_text(static_cast<double>(facts_.free_space))),
                    "results are kept there", "Make room, or name another folder with --run-dir?");
        }
        std::set<std::string> blind;
        for (auto const& rank : facts_.ranks) {
            if (!rank.sees_folder) blind.insert(rank.host);
        }
        if (blind.empty()) return;
        problem(fmt::format("{} of {} hosts, such as {}, do not see {}", blind.size(), hosts_.size(),
                            *blind.begin(), facts_.folder),
                "commands and files of exec are looked for there", "Go to a folder that all nodes share?");
    }

    void time() {
        if (facts_.time_problem.empty()) return;
        problem("the job's time limit is not known", facts_.time_problem,
                "Tell it with --time-limit, or tasks will be cut off?");
    }

    void recovery() {
        int const others = static_cast<int>(facts_.ranks.size()) - 1;
        if (facts_.lives_on && *facts_.lives_on != others) {
            problem(
                fmt::format("{} of {} ranks live on without a rank that is killed", *facts_.lives_on, others),
                "the launcher has ended the others", "Start it without --enable-recovery?");
        }
        if (facts_.has_recovery || facts_.ranks.size() < 2) return;
        note("a rank that is killed ends the job", "Open MPI does so by default",
             "Its results are kept, and --resume goes on; with mpirun --enable-recovery the others do?");
    }

    CheckFacts const& facts_;
    std::vector<Host> hosts_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Host> by_host(CheckFacts const& facts) {
    std::vector<Host> hosts;
    for (auto const& rank : facts.ranks) {
        auto at = std::ranges::find(hosts, rank.host, &Host::first);
        if (at == hosts.end()) at = hosts.insert(hosts.end(), {rank.host, {}});
        at->second.push_back(&rank);
    }
    return hosts;
}

std::vector<Finding> findings_of(CheckFacts const& facts) {
    return Judge{facts}.judge();
}

}  // namespace rankpool::batch
