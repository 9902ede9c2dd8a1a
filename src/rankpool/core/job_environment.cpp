// SPDX-License-Identifier: MIT
#include "rankpool/core/job_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace rankpool {
namespace {

using Variables = std::map<std::string, std::string>;

Variables& taken() {
    static Variables variables;
    return variables;
}

bool begins_with_any(std::string_view name, auto const& starts) {
    return std::ranges::any_of(starts, [&](std::string_view start) { return name.starts_with(start); });
}

bool is_any(std::string_view name, auto const& names) {
    return std::ranges::find(names, name) != names.end();
}

/// By which a rank knows its job.
bool is_identity(std::string_view name) {
    static constexpr std::array<std::string_view, 12> starts{"OMPI_COMM_WORLD_",
                                                             "OMPI_MCA_ess",
                                                             "OMPI_MCA_orte_ess_",
                                                             "PMI_",
                                                             "PMI2_",
                                                             "PMIX_NAMESPACE",
                                                             "PMIX_RANK",
                                                             "PMIX_ID",
                                                             "PMIX_SERVER_",
                                                             "PMIX_DSTORE",
                                                             "PRTE_LAUNCH",
                                                             "PMIX_KEEPALIVE"};
    static constexpr std::array<std::string_view, 7> names{"OMPI_MCA_orte_hnp_uri",
                                                           "OMPI_MCA_orte_local_daemon_uri",
                                                           "OMPI_MCA_orte_app_num",
                                                           "OMPI_MCA_orte_jobfam_session_dir",
                                                           "OMPI_MCA_orte_top_session_dir",
                                                           "OMPI_FILE_LOCATION",
                                                           "OMPI_MCA_orte_precondition_transports"};
    return begins_with_any(name, starts) || is_any(name, names);
}

/// What mpirun sets for its ranks; of this the user may have set some for mpirun itself.
bool is_launchers(std::string_view name) {
    static constexpr std::array<std::string_view, 3> starts{"OMPI_MCA_orte_", "PMIX_BFROP_", "PMIX_GDS_"};
    static constexpr std::array<std::string_view, 20> names{"OMPI_APP_CTX_NUM_PROCS",
                                                            "OMPI_ARGV",
                                                            "OMPI_COMMAND",
                                                            "OMPI_FIRST_RANKS",
                                                            "OMPI_NUM_APP_CTX",
                                                            "OMPI_UNIVERSE_SIZE",
                                                            "OMPI_MCA_hwloc_base_binding_policy",
                                                            "OMPI_MCA_initial_wdir",
                                                            "OMPI_MCA_mpi_oversubscribe",
                                                            "OMPI_MCA_mpi_yield_when_idle",
                                                            "OMPI_MCA_pmix",
                                                            "OMPI_MCA_rmaps_base_oversubscribe",
                                                            "OMPI_MCA_shmem_RUNTIME_QUERY_hint",
                                                            "PMIX_HOSTNAME",
                                                            "PMIX_MCA_mca_base_component_show_load_errors",
                                                            "PMIX_PTL_MODULE",
                                                            "PMIX_SECURITY_MODE",
                                                            "PMIX_SYSTEM_TMPDIR",
                                                            "PMIX_VERSION",
                                                            "HFI_NO_BACKTRACE"};
    return is_identity(name) || begins_with_any(name, starts) || is_any(name, names) ||
           name == "IPATH_NO_BACKTRACE";
}

std::string name_of(std::string const& entry) {
    return entry.substr(0, entry.find('='));
}

/// As it was given to the process; none where it may not be read.
std::optional<Variables> environment_of(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/environ"};
    if (!file) return std::nullopt;
    Variables variables;
    std::string entry;
    while (std::getline(file, entry, '\0')) {
        auto const end = entry.find('=');
        if (end != std::string::npos) variables.emplace(entry.substr(0, end), entry.substr(end + 1));
    }
    if (variables.empty()) return std::nullopt;
    return variables;
}

/// Name and parent of a process.
struct Ancestor {
    std::string name;
    pid_t parent = 0;
};

Ancestor ancestor(pid_t process) {
    std::ifstream file{"/proc/" + std::to_string(process) + "/status"};
    Ancestor found;
    std::string word;
    while (file >> word) {
        if (word == "Name:") file >> found.name;
        if (word == "PPid:" && file >> found.parent) break;
    }
    return found;
}

/// The nearest one with such a name.
std::optional<pid_t> ancestor_named(auto const& names) {
    constexpr int most_between = 16;
    pid_t process = ::getppid();
    for (int i = 0; i < most_between && process > 1; ++i) {
        Ancestor const found = ancestor(process);
        if (is_any(found.name, names)) return process;
        process = found.parent;
    }
    return std::nullopt;
}

/// The environment of the mpirun that has started this rank on this node, itself no part of a job.
Variables launchers_environment() {
    static constexpr std::array<std::string_view, 3> launchers{"mpirun", "mpiexec", "orterun"};
    auto const launcher = ancestor_named(launchers);
    if (!launcher) return {};
    auto variables = environment_of(*launcher);
    bool const is_outermost =
        variables && !variables->contains("OMPI_COMM_WORLD_SIZE") && !variables->contains("PMIX_RANK");
    return is_outermost ? std::move(*variables) : Variables{};
}

std::vector<std::string> names_here() {
    std::vector<std::string> names;
    for (char** entry = environ; entry && *entry; ++entry) names.push_back(name_of(*entry));
    return names;
}

}  // namespace

void take_variable(std::string const& name) {
    char const* const value = std::getenv(name.c_str());
    if (!value) return;
    taken()[name] = value;
    ::unsetenv(name.c_str());
}

void take_launchers_variables() {
    if (!has_launcher()) return;
    Variables const before = launchers_environment();
    for (auto const& name : names_here()) {
        if (!is_launchers(name)) continue;
        take_variable(name);
        auto const set = before.find(name);
        if (set != before.end() && !is_identity(name)) ::setenv(name.c_str(), set->second.c_str(), 1);
    }
}

std::optional<std::string> job_variable(std::string const& name) {
    auto const found = taken().find(name);
    if (found != taken().end()) return found->second;
    char const* const value = std::getenv(name.c_str());
    return value ? std::optional<std::string>{value} : std::nullopt;
}

bool has_launcher() {
    static constexpr std::array names{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK",
                                      "PMI_FD"};
    return std::ranges::any_of(names, [](char const* name) { return job_variable(name).has_value(); });
}

std::optional<int> launchers_process() {
    static constexpr std::array<std::string_view, 4> launchers{"mpirun", "mpiexec", "orterun", "orted"};
    return has_launcher() ? ancestor_named(launchers) : std::nullopt;
}

bool in_grid_engine() {
    auto const folder = job_variable("SGE_JOB_SPOOL_DIR");
    return folder && (!job_variable("SLURM_JOB_ID") || ::access(folder->c_str(), F_OK) == 0);
}

std::optional<std::string> batch_job() {
    return job_variable(in_grid_engine() ? "JOB_ID" : "SLURM_JOB_ID");
}

bool is_first_rank() {
    // In this order: within a Slurm job, mpirun's processes also have the batch script's SLURM_PROCID.
    for (char const* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "SLURM_PROCID"}) {
        if (auto const rank = job_variable(name)) return *rank == "0";
    }
    return true;
}

}  // namespace rankpool
