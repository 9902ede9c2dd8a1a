// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_facts.hpp"

#include "rankpool/batch/resources/node_supply.hpp"
#include "rankpool/core/usable_cores.hpp"
#include "rankpool/worker/current_process.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

std::string content_of(fs::path const& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

int parent_of(int pid) {
    std::string const stat = content_of("/proc/" + std::to_string(pid) + "/stat");
    std::istringstream rest{stat.substr(std::min(stat.rfind(')') + 1, stat.size()))};
    std::string state;
    int parent = 0;
    rest >> state >> parent;
    return parent;
}

}  // namespace

std::vector<std::string> transports_in(std::string const& maps) {
    std::set<std::string> found;
    constexpr std::string_view start = "/mca_";
    for (auto at = maps.find(start); at != std::string::npos; at = maps.find(start, at + 1)) {
        auto const end = maps.find(".so", at);
        if (end == std::string::npos) break;
        std::string const name = maps.substr(at + start.size(), end - at - start.size());
        for (std::string const kind : {"pml", "btl", "mtl"}) {
            if (name.starts_with(kind + "_")) found.insert(kind + " " + name.substr(kind.size() + 1));
        }
    }
    return {found.begin(), found.end()};
}

// The fork server is between a worker and its supervisor.
int supervisor_of_this_rank() {
    return parent_of(::getppid());
}

RankFacts facts_of_this_rank(std::string const& probe) {
    RankFacts facts;
    facts.rank = current_process().rank();
    facts.host = current_process().host();
    facts.cores_of_host = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    facts.cores = usable_cores();
    facts.memory = memory_info("MemAvailable");
    if (auto const allowed = memory_of_cgroups(); allowed && allowed->left < facts.memory) {
        facts.memory = allowed->left;
        facts.is_memory_limited = true;
    }
    struct statvfs shared {};
    if (::statvfs("/dev/shm", &shared) == 0) {
        facts.shared_memory = static_cast<std::int64_t>(shared.f_bavail * shared.f_frsize);
    }
    auto const supervisor = std::to_string(supervisor_of_this_rank());
    facts.transports = transports_in(content_of("/proc/" + supervisor + "/maps"));
    std::error_code ignored;
    for (auto const* folder : {"/sys/class/infiniband", "/sys/class/hfi1", "/sys/class/cxi"}) {
        facts.has_fast_network |= fs::exists(folder, ignored) && !fs::is_empty(folder, ignored);
    }
    facts.sees_folder = fs::exists(probe, ignored);
    facts.opens_memory = !fs::read_symlink("/proc/" + supervisor + "/fd/0", ignored).empty();
    struct stat space {};
    if (::stat("/proc/self/ns/pid", &space) == 0) facts.process_space = space.st_ino;
    return facts;
}

}  // namespace rankpool::batch
