// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/command_start.hpp"

#include "rankpool/batch/command/start_failure.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/stream_write.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto patience_with_node = 10s;
constexpr auto patience_with_writer = 2s;

bool may_pass(int problem) {
    return problem == EAGAIN || problem == ENOMEM || problem == EMFILE || problem == ENFILE ||
           problem == ETXTBSY;
}

/// Waits for what passes, longer each time.
class Backoff {
  public:
    /// False when that has taken too long.
    bool wait(int problem) {
        auto const most = problem == ETXTBSY ? patience_with_writer : patience_with_node;
        if (Clock::now() - start_ + pause_ > most) return false;
        std::this_thread::sleep_for(pause_);
        pause_ = std::min<Clock::duration>(2 * pause_, 1s);
        return true;
    }

  private:
    Clock::time_point start_ = Clock::now();
    Clock::duration pause_ = 10ms;
};

UniqueFd above_streams(UniqueFd fd) {
    if (fd.get() > STDERR_FILENO) return fd;
    return UniqueFd{::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

/// All that the new process needs until it is the program, made before it exists: it shares this one's
/// memory.
struct Birth {
    std::vector<char*> files{};      ///< to be tried in turn
    std::vector<char*> arguments{};  ///< of the program; with the null at its end
    std::vector<char*> environment{};
    char const* folder = nullptr;
    int in = -1;
    int out = -1;
    int err = -1;
    std::optional<cpu_set_t> cores{};
    pid_t parent = 0;
    sigset_t mask{};
    // What has become of it.
    int problem = 0;
    std::size_t at = 0;  ///< the file with the problem
    bool is_folder_bad = false;
};

/// Whether another file is looked for after this.
bool goes_on(int problem) {
    return problem == ENOENT || problem == ENOTDIR || problem == ESTALE || problem == ENODEV ||
           problem == ETIMEDOUT || problem == EACCES;
}

/// In the new process: calls that are safe there only.
int become_program(void* given) {
    auto& birth = *static_cast<Birth*>(given);
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != birth.parent) ::_exit(1);
    for (int const number : {SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD}) ::signal(number, SIG_DFL);
    ::dup2(birth.in, STDIN_FILENO);
    ::dup2(birth.out, STDOUT_FILENO);
    ::dup2(birth.err, STDERR_FILENO);
    ::sigprocmask(SIG_SETMASK, &birth.mask, nullptr);
    if (birth.cores) ::sched_setaffinity(0, sizeof *birth.cores, &*birth.cores);
    if (birth.folder && ::chdir(birth.folder) != 0) {
        birth.is_folder_bad = true;
        birth.problem = errno;
        ::_exit(127);
    }
    int problem = ENOENT;
    for (std::size_t i = 0; i < birth.files.size(); ++i) {
        ::execve(birth.files[i], birth.arguments.data(), birth.environment.data());
        // The one that may not be executed says more than those that are not there.
        if (problem == ENOENT || !goes_on(errno)) {
            problem = errno;
            birth.at = i;
        }
        if (!goes_on(errno)) break;
    }
    birth.problem = problem;
    ::_exit(127);
}

/// 0 where it fails: see `problem` and `at`.
pid_t give_birth(Birth& birth) {
    // On a stack of its own, as what is called there must not overwrite this one's.
    alignas(std::max_align_t) static thread_local std::array<std::byte, 64 * 1024> stack;
    sigset_t all;
    ::sigfillset(&all);
    birth.parent = ::getpid();
    birth.problem = 0;
    ::pthread_sigmask(SIG_SETMASK, &all, &birth.mask);
    pid_t const pid =
        ::clone(become_program, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | SIGCHLD, &birth);
    int const error = errno;
    ::pthread_sigmask(SIG_SETMASK, &birth.mask, nullptr);
    if (pid < 0) birth.problem = error;
    if (birth.problem == 0) return pid;
    while (pid > 0 && ::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

std::vector<std::string> files_for(std::string const& word) {
    if (word.find('/') != std::string::npos) return {word};
    char const* const set = std::getenv("PATH");
    std::string const path = set ? set : "/bin:/usr/bin";
    std::vector<std::string> files;
    for (std::size_t at = 0; at <= path.size();) {
        std::size_t const end = std::min(path.find(':', at), path.size());
        std::string const folder = path.substr(at, end - at);
        files.push_back((folder.empty() ? "." : folder) + "/" + word);
        at = end + 1;
    }
    return files;
}

void check_words(std::vector<std::string> const& words) {
    if (words.empty() || words.front().empty()) throw Error("cannot start a command (its name is empty)");
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].find('\0') == std::string::npos) continue;
        throw Error("cannot start " + words.front() + " (its word " + std::to_string(i + 1) +
                    " has a NUL, a null byte, which no command can be given)");
    }
}

std::vector<char*> pointers_to(std::vector<std::string> const& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto const& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    return pointers;
}

/// This process's environment with the changes.
std::vector<char*> environment_with(std::vector<std::string> const& changes) {
    std::vector<char*> all;
    auto const is_changed = [&](char const* entry) {
        auto const name = std::string_view{entry}.substr(0, std::string_view{entry}.find('=') + 1);
        return std::ranges::any_of(changes, [&](auto const& change) { return change.starts_with(name); });
    };
    for (char** entry = environ; *entry; ++entry) {
        if (changes.empty() || !is_changed(*entry)) all.push_back(*entry);
    }
    for (auto const& change : changes) all.push_back(const_cast<char*>(change.c_str()));
    all.push_back(nullptr);
    return all;
}

std::optional<cpu_set_t> cores_of(CommandSurroundings const& surroundings) {
    if (surroundings.cores.empty()) return std::nullopt;
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (int const core : surroundings.cores) CPU_SET(static_cast<std::size_t>(core), &cores);
    return cores;
}

/// What the program reads from stdin.
UniqueFd input_of(CommandSurroundings const& surroundings) {
    if (!surroundings.input) {
        auto const& file = surroundings.input_file;
        UniqueFd fd{::open(file.empty() ? "/dev/null" : file.c_str(), O_RDONLY | O_CLOEXEC)};
        if (fd) return above_streams(std::move(fd));
        throw Error("cannot read " + file + " for the command's stdin (" + std::strerror(errno) +
                    "). Is its name right?");
    }
    UniqueFd fd{::memfd_create("stdin", MFD_CLOEXEC)};
    int const problem = fd ? write_all(fd.get(), *surroundings.input) : errno;
    if (problem != 0 || ::lseek(fd.get(), 0, SEEK_SET) != 0) {
        throw NodeExhausted(std::string{"cannot keep the command's stdin ("} +
                            std::strerror(problem != 0 ? problem : errno) + "). Is there memory for it?");
    }
    return above_streams(std::move(fd));
}

}  // namespace

Pipe Pipe::make() {
    for (Backoff backoff;;) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
            Pipe pipe{above_streams(UniqueFd{ends[0]}), above_streams(UniqueFd{ends[1]})};
            if (pipe.from && pipe.to) return pipe;
        }
        int const problem = errno;
        if (!backoff.wait(problem)) {
            throw NodeExhausted(std::string{"cannot make a pipe ("} + std::strerror(problem) +
                                ", for 10 s). Are too many files open on this node (ulimit -n)?");
        }
    }
}

pid_t start_command(std::vector<std::string> const& words, UniqueFd const& out, UniqueFd const& err,
                    CommandSurroundings const& surroundings, UniqueFd const* in) {
    check_words(words);
    auto files = files_for(words.front());
    auto run = words;
    auto const opened = in ? UniqueFd{} : input_of(surroundings);
    auto const& folder = surroundings.folder;
    Birth birth{.files = pointers_to(files),
                .environment = environment_with(surroundings.environment),
                .folder = folder.empty() ? nullptr : folder.c_str(),
                .in = in ? in->get() : opened.get(),
                .out = out.get(),
                .err = err.get(),
                .cores = cores_of(surroundings)};
    birth.arguments = pointers_to(run);
    birth.arguments.push_back(nullptr);
    for (Backoff backoff;;) {
        if (pid_t const pid = give_birth(birth)) return pid;
        bool const by_shell = files.front() == "/bin/sh" && run.size() > words.size();
        if (birth.problem == ENOEXEC && !by_shell && is_script(files[birth.at])) {
            run.front() = files[birth.at];
            run.insert(run.begin(), "sh");
            files = {"/bin/sh"};
            birth.files = pointers_to(files);
            birth.arguments = pointers_to(run);
            birth.arguments.push_back(nullptr);
            continue;
        }
        if (birth.is_folder_bad) {
            throw Error("cannot start " + words.front() + " in " + folder + " (" +
                        std::strerror(birth.problem) + "). Is the folder there?");
        }
        if (may_pass(birth.problem) && backoff.wait(birth.problem)) continue;
        std::string const why = why_not_started(words, files, birth.at, birth.problem);
        if (may_pass(birth.problem) && birth.problem != ETXTBSY) throw NodeExhausted(why);
        throw Error(why);
    }
}

}  // namespace rankpool::batch
