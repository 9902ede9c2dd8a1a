// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_facts.hpp"

#include "rankpool/worker/current_process.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
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

std::optional<std::int64_t> number_in(fs::path const& file) {
    std::ifstream in{file};
    std::int64_t number = 0;
    if (in >> number) return number;
    return std::nullopt;
}

std::int64_t free_memory() {
    std::istringstream in{content_of("/proc/meminfo")};
    std::string name;
    std::int64_t kibibytes = 0;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words{line};
        if (words >> name >> kibibytes && name == "MemAvailable:") return kibibytes * 1024;
    }
    return 0;
}

/// What the cgroup and those above it leave, of version 2 or 1; nothing where none has a limit.
std::optional<std::int64_t> left_by_cgroups() {
    std::istringstream in{content_of("/proc/self/cgroup")};
    std::optional<std::int64_t> left;
    for (std::string line; std::getline(in, line);) {
        bool const is_new = line.starts_with("0::");
        if (!is_new && line.find(":memory:") == std::string::npos) continue;
        std::string const root = is_new ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        for (fs::path at = line.substr(line.find('/'));; at = at.parent_path()) {
            fs::path const folder{root + at.string()};
            auto const limit = number_in(folder / (is_new ? "memory.max" : "memory.limit_in_bytes"));
            auto const used = number_in(folder / (is_new ? "memory.current" : "memory.usage_in_bytes"));
            // Version 1 has a huge number for none.
            if (limit && used && *limit < std::int64_t{1} << 60) {
                left = std::min(left.value_or(*limit), std::max<std::int64_t>(0, *limit - *used));
            }
            if (at == at.parent_path()) break;
        }
    }
    return left;
}

std::vector<int> usable_cores() {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    ::sched_getaffinity(0, sizeof mine, &mine);
    std::vector<int> cores;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &mine)) cores.push_back(static_cast<int>(core));
    }
    return cores;
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
    facts.memory = free_memory();
    if (auto const left = left_by_cgroups(); left && *left < facts.memory) {
        facts.memory = *left;
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
