// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/ledger.hpp"

#include "rankpool/core/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

// Where in the file the bytes lie; the first is held by who takes something just now.
constexpr long users = 2;  // shared by all who have it open
constexpr long first_core = 16;
constexpr long first_of_gpus = 1L << 20;
constexpr long gpu_parts = 1'000'000'000;
constexpr long first_of_memory = 1L << 50;
constexpr long first_of_shares = 1L << 60;

constexpr auto file_start = ".resources-";

std::string host_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

bool call(int fd, int command, struct flock& region) {
    int result = 0;
    do {
        result = ::fcntl(fd, command, &region);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

struct flock region_of(short type, long first, long count) {
    struct flock region {};
    region.l_type = type;
    region.l_whence = SEEK_SET;
    region.l_start = first;
    region.l_len = count;
    return region;
}

bool change(int fd, int command, short type, long first, long count) {
    auto region = region_of(type, first, count);
    return call(fd, command, region);
}

[[noreturn]] void cannot_lock() {
    throw Error(fmt::format("cannot share this node among tasks (its file cannot be locked: {})",
                            std::strerror(errno)));
}

struct Range {
    long begin = 0;
    long end = 0;
    [[nodiscard]] long size() const { return end - begin; }
};

/// Those bytes of a range that no other has, the longest ones first.
std::vector<Range> free_in(int fd, Range whole) {
    std::vector<Range> free;
    for (std::vector<Range> unknown{whole}; !unknown.empty();) {
        auto const range = unknown.back();
        unknown.pop_back();
        if (range.size() <= 0) continue;
        auto taken = region_of(F_WRLCK, range.begin, range.size());
        if (!call(fd, F_OFD_GETLK, taken)) cannot_lock();
        if (taken.l_type == F_UNLCK) {
            free.push_back(range);
        } else {
            unknown.push_back({range.begin, taken.l_start});
            unknown.push_back({taken.l_start + taken.l_len, range.end});
        }
    }
    std::ranges::sort(free, std::greater{}, &Range::size);
    return free;
}

/// Nothing where it cannot be made, is somebody else's, or cannot be locked.
UniqueFd open_file(fs::path const& path) {
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0 || found.st_uid != ::geteuid()) return {};
    constexpr long untouched = 1;
    bool const can_lock =
        change(file.get(), F_OFD_SETLK, F_WRLCK, untouched, 1) || errno == EAGAIN || errno == EACCES;
    int const problem = errno;
    change(file.get(), F_OFD_SETLK, F_UNLCK, untouched, 1);
    errno = problem;
    return can_lock ? std::move(file) : UniqueFd{};
}

/// Elsewhere each lock is a message, and one that waits may be polled for.
bool is_on_this_machine(int file) {
    // NFS, SMB, CIFS, Lustre, GPFS, Ceph, BeeGFS, PanFS, WekaFS, and what a process serves.
    constexpr std::array<std::uint32_t, 10> far{0x6969,     0xfe534d42, 0xff534d42, 0x0bd00bd0, 0x47504653,
                                                0x00c36400, 0x19830326, 0xaad7aaea, 0x19820713, 0x65735546};
    struct statfs system {};
    return ::fstatfs(file, &system) == 0 &&
           std::ranges::find(far, static_cast<std::uint32_t>(system.f_type)) == far.end();
}

/// The last one who has had it open may be about to remove it.
UniqueFd open_temporary(fs::path const& path) {
    for (;;) {
        UniqueFd file = open_file(path);
        struct stat found {};
        if (!file || !change(file.get(), F_OFD_SETLKW, F_RDLCK, users, 1) || ::fstat(file.get(), &found) != 0)
            return {};
        if (found.st_nlink > 0) return file;
    }
}

/// Calls `attempt` until it has got the last part.
void repeat(std::function<bool()> const& attempt) {
    using namespace std::chrono_literals;
    for (auto pause = 500us; !attempt(); pause = std::min<std::chrono::microseconds>(2 * pause, 8ms)) {
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

Ledger::Ledger(fs::path const& run_dir, NodeSupply supply, Worker worker)
    : supply_(std::move(supply)),
      worker_(worker.index % std::max(worker.count, 1U)),
      workers_(std::max(worker.count, 1U)),
      limit_(worker.memory_limit) {
    auto const name = file_start + host_name();
    UniqueFd in_run = open_file(run_dir / name);
    if (in_run && is_on_this_machine(in_run.get())) {
        file_ = std::move(in_run);
        return;
    }
    auto const hash = std::hash<std::string>{}(run_dir.string());
    std::error_code ignored;
    auto const other =
        fs::temp_directory_path(ignored) / fmt::format("rankpool{}-{}-{:x}", name, ::geteuid(), hash);
    file_ = open_temporary(other);
    if (file_) {
        temporary_ = other;
    } else {
        file_ = std::move(in_run);
    }
    if (!file_) {
        throw Error(fmt::format("cannot share this node among tasks (neither {} nor {} can be locked: {})",
                                (run_dir / name).string(), other.string(), std::strerror(errno)));
    }
}

Ledger::~Ledger() {
    if (!file_ || temporary_.empty()) return;
    // Two who end at the same time must not see each other.
    change(file_.get(), F_OFD_SETLK, F_UNLCK, users, 1);
    struct stat found {};
    bool const is_last = lock(users, 1, false) && ::fstat(file_.get(), &found) == 0 && found.st_nlink > 0;
    if (is_last) ::unlink(temporary_.c_str());
}

bool Ledger::lock(long first, long count, bool waits) const {
    return change(file_.get(), waits ? F_OFD_SETLKW : F_OFD_SETLK, F_WRLCK, first, count);
}

void Ledger::take_cores(unsigned count, Granted& granted) {
    repeat([&] {
        for (int const core : supply_.cores) {
            if (granted.cores.size() == count) break;
            bool const is_mine = std::ranges::find(granted.cores, core) != granted.cores.end();
            if (!is_mine && lock(first_core + core, 1, false)) granted.cores.push_back(core);
        }
        return granted.cores.size() == count;
    });
}

/// So many bytes of a range, whichever are free; none where they are too few.
bool Ledger::take_free(long first, long size, long count) const {
    auto const free = free_in(file_.get(), {first, first + size});
    long all = 0;
    for (auto const& range : free) all += range.size();
    if (all < count) return false;
    // Nobody else takes any meanwhile. From the longest first, so that they are not cut into ever more
    // pieces.
    for (auto range = free.begin(); count > 0; ++range) {
        long const here = std::min(range->size(), count);
        if (!lock(range->begin, here, false)) cannot_lock();
        count -= here;
    }
    return true;
}

/// Of an account of the memory.
void Ledger::take_memory(long first, long count) const {
    repeat([&] { return take_free(first, static_cast<long>(supply_.memory), count); });
}

/// Its own, by one call, or where another who needs more has that, what is free.
void Ledger::take_share() const {
    auto const share = supply_.memory / workers_;
    auto const place = static_cast<long>(share);
    auto const count = static_cast<long>(limit_ > 0 ? std::min(share, limit_) : share);
    bool const has_place =
        count == 0 || lock(first_of_shares + static_cast<long>(worker_) * place, count, false);
    if (!has_place) take_memory(first_of_shares, count);
}

void Ledger::take_gpus(double count, Granted& granted) {
    bool const is_part = count < 1;
    auto const wanted = is_part ? std::size_t{1} : static_cast<std::size_t>(count);
    // Rounded down: thirds are to fit three times.
    auto const parts = std::max(1L, static_cast<long>(count * gpu_parts));
    std::vector<bool> mine(supply_.gpus.size());
    repeat([&] {
        for (std::size_t gpu = 0; gpu < mine.size() && granted.gpus.size() < wanted; ++gpu) {
            long const first = first_of_gpus + static_cast<long>(gpu) * gpu_parts;
            if (mine[gpu]) continue;
            if (!(is_part ? take_free(first, gpu_parts, parts) : lock(first, gpu_parts, false))) continue;
            mine[gpu] = true;
            granted.gpus.push_back(supply_.gpus[gpu]);
        }
        return granted.gpus.size() == wanted;
    });
}

Granted Ledger::take(Needs const& needs, Memory memory) {
    if (auto const lack = supply_.lack_for(needs); !lack.empty())
        throw Error("cannot run the task (" + lack + ")");
    if (!lock(0, 1, true)) cannot_lock();
    // Who waits here has what it got already; those who have the rest end without anything more.
    Granted granted;
    auto const bytes = static_cast<long>(needs.memory);
    if (bytes > 0) take_memory(first_of_memory, bytes);
    if (memory == Memory::share) take_share();
    if (memory == Memory::again) take_memory(first_of_shares, bytes);
    if (needs.gpus > 0) take_gpus(needs.gpus, granted);
    if (needs.cpus > 0) take_cores(needs.cpus, granted);
    change(file_.get(), F_OFD_SETLK, F_UNLCK, 0, 1);
    std::ranges::sort(granted.cores);
    return granted;
}

void Ledger::give_back() {
    change(file_.get(), F_OFD_SETLK, F_UNLCK, first_core, 0);
}

void Ledger::remove_files(fs::path const& run_dir) {
    std::error_code problem;
    for (fs::directory_iterator entry{run_dir, problem}, end; !problem && entry != end;
         entry.increment(problem)) {
        std::error_code ignored;
        if (entry->path().filename().string().starts_with(file_start)) fs::remove(entry->path(), ignored);
    }
}

}  // namespace rankpool::batch
