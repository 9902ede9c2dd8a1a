// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_job.hpp"

#include "rankpool/batch/check/check_findings.hpp"
#include "rankpool/batch/check/check_trial.hpp"
#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/files/file_system.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/launch/rank_zero.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/unique_fd.hpp"
#include "rankpool/pool/pool.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace rankpool::batch {
namespace {

std::string variable(char const* name) {
    return job_variable(name).value_or("");
}

/// How many ranks there should be.
int tasks_told() {
    if (int const ranks = std::atoi(variable("OMPI_COMM_WORLD_SIZE").c_str()); ranks > 0) return ranks;
    // srun alone says so as well.
    return in_grid_engine() ? grid_engine().tasks() : slurm().tasks();
}

void ask_for_time(CheckFacts& facts) {
    facts.time_left = "no limit is known";
    auto const* const system = BatchSystem::here();
    if (!system) return;
    auto const answer = system->ask_for_time()->take(Deadline::after(5s));
    facts.time_problem = answer ? answer->problem : fmt::format("{} does not answer", system->name());
    if (!facts.time_problem.empty()) return;
    facts.time_left = answer->seconds ? duration_text(*answer->seconds) : "no limit";
}

/// A file that is there as long as this is.
class Probe {
  public:
    explicit Probe(fs::path const& folder) : file_((folder / ".rankpool-check-XXXXXX").string()) {
        UniqueFd const file{::mkstemp(file_.data())};
        constexpr std::string_view text = "made by rankpool check, and may go\n";
        is_made_ = static_cast<bool>(file);
        is_there_ = is_made_ && ::write(file.get(), text.data(), text.size()) == std::ssize(text);
    }
    Probe(Probe const&) = delete;
    Probe& operator=(Probe const&) = delete;
    ~Probe() {
        if (is_made_) ::unlink(file_.c_str());
    }
    [[nodiscard]] bool is_there() const { return is_there_; }
    [[nodiscard]] std::string const& file() const { return file_; }

  private:
    std::string file_;
    bool is_made_ = false;
    bool is_there_ = false;
};

CheckFacts gather(Context& context, fs::path const& folder) {
    CheckFacts facts;
    facts.workers_per_rank = context.workers() / context.size();
    facts.tasks_told = tasks_told();
    facts.is_batch_job = batch_job().has_value();
    facts.is_slurm_step = !variable("SLURM_STEP_ID").empty() && variable("OMPI_COMM_WORLD_SIZE").empty();
    // As rankpool::run sees it.
    std::string const choice = variable("RANKPOOL_RECOVERY");
    facts.has_recovery = choice.empty() ? variable("OMPI_MCA_orte_enable_recovery") == "1" : choice == "1";
    facts.forks_told = variable("OMPI_MCA_mpi_warn_on_fork");
    ask_for_time(facts);
    facts.folder = folder.string();
    facts.is_on_network = is_on_network(folder / "any");
    struct statvfs space {};
    if (::statvfs(folder.c_str(), &space) == 0) {
        facts.free_space = static_cast<std::int64_t>(space.f_bavail * space.f_frsize);
    }
    Probe const probe{folder};
    facts.is_writable = probe.is_there();
    auto pool = context.pool(context.size());
    // Equal blocks: one for each rank.
    std::vector<std::string> const files(static_cast<std::size_t>(context.size()), probe.file());
    facts.ranks = pool.map<facts_of_this_rank>(files, {.schedule = Schedule::fixed});
    std::ranges::sort(facts.ranks, {}, &RankFacts::rank);
    return facts;
}

/// `1` or `1 to 4`.
template <class Range, class Get>
std::string span_of(Range const& range, Get get) {
    auto const by_value = [&](auto const& a, auto const& b) { return get(a) < get(b); };
    auto const [first, last] = std::ranges::minmax_element(range, by_value);
    auto const least = get(*first);
    auto const most = get(*last);
    return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

std::string recovery_text(CheckFacts const& facts) {
    if (!facts.has_recovery) return "off";
    if (!facts.lives_on) return "on";
    auto const others = static_cast<int>(facts.ranks.size()) - 1;
    auto const how_many = *facts.lives_on == others ? "all" : std::to_string(*facts.lives_on) + " of the";
    return fmt::format("on, and tried: rank {} was killed, {} others live on", others, how_many);
}

/// How the processes of a host share queues and broadcast values.
std::string sharing_text(CheckFacts const& facts) {
    auto const opens = std::ranges::count_if(facts.ranks, &RankFacts::opens_memory);
    if (opens < std::ssize(facts.ranks)) {
        return "by messages, which is slower (the program cannot be read by its user, or ptrace is "
               "restricted)";
    }
    for (auto const& [host, ranks] : by_host(facts)) {
        for (RankFacts const* rank : ranks) {
            if (rank->process_space != ranks.front()->process_space) {
                return "by messages between ranks, which is slower (each is in a container of its own)";
            }
        }
    }
    return "in memory that the processes of a host share";
}

void print_text(CheckFacts const& facts, std::vector<Finding> const& findings) {
    auto const hosts = by_host(facts);
    auto const line = [](char const* name, std::string const& text) {
        print(fmt::format("{:<12}{}\n", name, text));
    };
    std::vector<std::string> names;
    names.reserve(hosts.size());
    for (auto const& host : hosts) names.push_back(host.first);
    if (names.size() > 8) {
        names.resize(8);
        names.emplace_back("...");
    }
    line("ranks", fmt::format("{} on {}, {} each: {}", facts.ranks.size(), counted(hosts.size(), "host"),
                              span_of(hosts, [](auto const& host) { return host.second.size(); }),
                              fmt::join(names, " ")));
    line("workers", fmt::format("{} for each rank", facts.workers_per_rank));
    auto const bound = std::ranges::count_if(facts.ranks, [](RankFacts const& rank) {
        return static_cast<int>(rank.cores.size()) < rank.cores_of_host;
    });
    line("cores", fmt::format("{} on each host, {} for each rank ({})",
                              span_of(facts.ranks, [](auto const& rank) { return rank.cores_of_host; }),
                              span_of(facts.ranks, [](auto const& rank) { return rank.cores.size(); }),
                              bound > 0 ? "bound" : "not bound"));
    bool const binds = std::ranges::all_of(hosts, [&](auto const& host) {
        return std::ranges::all_of(host.second, [&](RankFacts const* rank) {
            bool const is_bound = static_cast<int>(rank->cores.size()) < rank->cores_of_host;
            auto const share = rank->cores.size() / (is_bound ? 1 : host.second.size());
            return static_cast<std::size_t>(facts.workers_per_rank) <= share;
        });
    });
    line("--bind auto", binds ? "gives each worker a processor of its own"
                              : "binds no worker of ranks that have fewer processors than workers");
    std::set<std::string> transports;
    for (auto const& rank : facts.ranks) transports.insert(rank.transports.begin(), rank.transports.end());
    std::string const none =
        has_launcher() ? "not known" : "none: what no mpirun has started does without MPI";
    line("transport", transports.empty() ? none : fmt::format("{}", fmt::join(transports, ", ")));
    line("queues", sharing_text(facts));
    line("threads", "one thread of each rank calls MPI (MPI_THREAD_FUNNELED), which every MPI can do");
    line("recovery", recovery_text(facts));
    line("time left", facts.time_left);
    line("folder", fmt::format("{}, on {} file system, {} free", printable(facts.folder),
                               facts.is_on_network ? "a network" : "this host's own",
                               size_text(static_cast<double>(facts.free_space))));
    double least = 1e30;
    double shared = 1e30;
    for (auto const& host : hosts) {
        auto const workers = static_cast<double>(host.second.size()) * facts.workers_per_rank;
        least = std::min(least, static_cast<double>(host.second.front()->memory) / workers);
        shared = std::min(shared, static_cast<double>(host.second.front()->shared_memory));
    }
    line("memory", fmt::format("{} for each worker, {} in /dev/shm", size_text(least), size_text(shared)));
    for (auto const& finding : findings) {
        print(fmt::format("{}: {} ({}). {}\n", finding.is_problem ? "problem" : "note", finding.what,
                          finding.why, finding.suggestion));
    }
    bool const is_good = std::ranges::none_of(findings, &Finding::is_problem);
    if (is_good) print("all is well\n");
}

nlohmann::ordered_json as_json(CheckFacts const& facts, std::vector<Finding> const& findings) {
    nlohmann::ordered_json ranks = nlohmann::json::array();
    for (auto const& rank : facts.ranks) {
        ranks.push_back({{"rank", rank.rank},
                         {"host", rank.host},
                         {"cores_of_host", rank.cores_of_host},
                         {"cores", rank.cores},
                         {"memory", rank.memory},
                         {"is_memory_limited", rank.is_memory_limited},
                         {"shared_memory", rank.shared_memory},
                         {"transports", rank.transports},
                         {"has_fast_network", rank.has_fast_network},
                         {"sees_folder", rank.sees_folder},
                         {"opens_memory", rank.opens_memory}});
    }
    nlohmann::ordered_json told = nlohmann::json::array();
    for (auto const& finding : findings) {
        told.push_back({{"severity", finding.is_problem ? "problem" : "note"},
                        {"what", finding.what},
                        {"why", finding.why},
                        {"suggestion", finding.suggestion}});
    }
    return {{"ok", std::ranges::none_of(findings, &Finding::is_problem)},
            {"workers_per_rank", facts.workers_per_rank},
            {"recovery", facts.has_recovery},
            {"lives_on", facts.lives_on ? nlohmann::json(*facts.lives_on) : nlohmann::json()},
            {"time_left", facts.time_left},
            {"folder", facts.folder},
            {"on_network", facts.is_on_network},
            {"free_space", facts.free_space},
            {"ranks", std::move(ranks)},
            {"findings", std::move(told)}};
}

class Check final : public Job {
  public:
    std::string name() const override { return "check"; }
    std::string summary() const override {
        return "What it sees where it was started, and what is wrong with that: mpirun -np 8 ... check";
    }
    void add_options(OptionSet& options) override {
        options.add("--run-dir", folder_, "Where results are to go; looks at its file system")
            .type_name("FOLDER");
        options.add_flag("--try-loss", tries_loss_,
                         "Kills the last rank at the end, to see whether the others live on");
        options.add("--output-mode", output_mode_, "For people or for programs").one_of({"text", "json"});
    }
    ExitCode run(Context& context, JobContext& /*run*/) override {
        std::error_code error;
        fs::path folder = fs::absolute(folder_, error);
        // The folder of a run is made when it starts.
        while (!fs::exists(folder, error) && folder != folder.parent_path()) folder = folder.parent_path();
        if (auto const found = fs::canonical(folder, error); !error) folder = found;
        auto facts = gather(context, folder);
        if (tries_loss_ && facts.has_recovery && context.size() > 1) {
            say(fmt::format("rank {} is killed now, to see whether the others live on", context.size() - 1));
            facts.lives_on = ranks_that_live_on(context);
        }
        auto const findings = findings_of(facts);
        // Where each process believes to be alone, one speaks.
        if (is_rank_zero()) {
            if (output_mode_ == "json") {
                print(dumped(as_json(facts, findings), 2) + "\n");
            } else {
                print_text(facts, findings);
            }
        }
        bool const hurts = std::ranges::any_of(findings, &Finding::is_problem);
        return hurts ? ExitCode::tasks_failed : ExitCode::success;
    }

  private:
    std::string folder_ = ".";
    bool tries_loss_ = false;
    std::string output_mode_ = "text";
};

}  // namespace

std::string problem_before_mpi() {
    for (char const* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_FD"}) {
        if (!variable(name).empty()) return "";
    }
    auto const tasks = variable("SLURM_STEP_NUM_TASKS");
    if (variable("SLURM_PROCID").empty() || std::atoi(tasks.c_str()) < 2) return "";
    return "srun has started " + tasks +
           " ranks that cannot find each other (it offers them neither PMIx nor PMI). Start with srun "
           "--mpi=pmix, or with mpirun?";
}

std::unique_ptr<Job> make_check_job() {
    return std::make_unique<Check>();
}

}  // namespace rankpool::batch
