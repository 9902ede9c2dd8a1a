// SPDX-License-Identifier: MIT
#include "rankpool/core/process_tree.hpp"

#include "rankpool/core/unique_fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace rankpool {
namespace {

/// The entries of a folder of /proc that are numbers.
std::vector<pid_t> numbers_in(std::string const& folder) {
    std::vector<pid_t> numbers;
    std::unique_ptr<DIR, int (*)(DIR*)> const entries{::opendir(folder.c_str()), &::closedir};
    if (!entries) return numbers;
    while (dirent const* entry = ::readdir(entries.get())) {
        std::string_view const name{entry->d_name};
        pid_t number = 0;
        auto const [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && end == name.data() + name.size()) numbers.push_back(number);
    }
    return numbers;
}

/// 0 where there is no such process any more.
pid_t parent_of(pid_t process) {
    UniqueFd const file{::open(("/proc/" + std::to_string(process) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 512> start{};
    auto const count = file ? ::read(file.get(), start.data(), start.size()) : 0;
    if (count <= 0) return 0;
    std::string_view text{start.data(), static_cast<std::size_t>(count)};
    // After the name in brackets, which may hold anything: ` S 4711 ...`.
    constexpr std::size_t state = 4;
    auto const end_of_name = text.rfind(')');
    if (end_of_name == std::string_view::npos || text.size() < end_of_name + state) return 0;
    text.remove_prefix(end_of_name + state);
    pid_t parent = 0;
    std::from_chars(text.data(), text.data() + text.size(), parent);
    return parent;
}

/// Whether the kernel lists children; else all processes are asked for their parents.
bool has_lists() {
    static bool const has = ::access("/proc/thread-self/children", R_OK) == 0;
    return has;
}

using Children = std::multimap<pid_t, pid_t>;

Children children_of_all() {
    Children children;
    for (pid_t const process : numbers_in("/proc")) children.emplace(parent_of(process), process);
    return children;
}

/// Adds the numbers in a list of the kernel's.
void read_list(std::string const& path, std::vector<pid_t>& numbers) {
    UniqueFd const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t count = 1; file && count > 0;) {
        count = ::read(file.get(), part.data(), part.size());
        text.append(part.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    for (char const *next = text.data(), *const end = next + text.size(); next != end;) {
        pid_t number = 0;
        auto const [behind, error] = std::from_chars(next, end, number);
        if (error == std::errc{}) numbers.push_back(number);
        next = std::min(behind + 1, end);
    }
}

std::vector<pid_t> listed_children(pid_t process) {
    std::vector<pid_t> children;
    std::string const threads = "/proc/" + std::to_string(process) + "/task/";
    for (pid_t const thread : numbers_in(threads))
        read_list(threads + std::to_string(thread) + "/children", children);
    return children;
}

std::vector<pid_t> children_in(Children const& all, pid_t process) {
    std::vector<pid_t> children;
    auto const [begin, end] = all.equal_range(process);
    std::transform(begin, end, std::back_inserter(children), [](auto const& entry) { return entry.second; });
    return children;
}

}  // namespace

std::vector<pid_t> children_of(pid_t process) {
    return has_lists() ? listed_children(process) : children_in(children_of_all(), process);
}

std::vector<pid_t> children_of_this_thread() {
    if (!has_lists()) return children_of(::getpid());
    std::vector<pid_t> children;
    read_list("/proc/thread-self/children", children);
    return children;
}

std::vector<pid_t> tree_of(pid_t process) {
    Children const all = has_lists() ? Children{} : children_of_all();
    std::vector<pid_t> tree{process};
    std::set<pid_t> seen{process};
    for (std::size_t i = 0; i < tree.size(); ++i) {
        for (pid_t const child : has_lists() ? listed_children(tree[i]) : children_in(all, tree[i])) {
            if (seen.insert(child).second) tree.push_back(child);
        }
    }
    return tree;
}

void adopt_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::size_t kill_children(std::set<pid_t> const& spared) {
    std::size_t count = 0;
    // One that loses its parent while they are looked through can be missed once.
    for (int looks = 0; looks < 2 && count == 0; ++looks) {
        for (pid_t const child : children_of(::getpid())) {
            if (spared.contains(child)) continue;
            ::kill(child, SIGKILL);
            ++count;
        }
    }
    return count;
}

}  // namespace rankpool
