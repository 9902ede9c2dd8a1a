// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/follow.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/run_lock.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 100ms;
/// Between two questions to the database, which may be large, of a run that is at work: it doubles.
constexpr std::chrono::seconds first_question_interval{1};
constexpr std::chrono::seconds longest_question_interval{60};

struct stat about(UniqueFd const& file) {
    struct stat now {};
    ::fstat(file.get(), &now);
    return now;
}

/// Nothing also where somebody has put there what is no file.
UniqueFd open_plain(std::filesystem::path const& path) {
    UniqueFd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    return file && S_ISREG(about(file).st_mode) ? std::move(file) : UniqueFd{};
}

/// Whether a task has come to its end, asked now and then.
class EndQuery {
  public:
    EndQuery(RunDirectory const& run, std::int64_t task) : run_(run), task_(task) {}

    bool is_seen() {
        if (Clock::now() < next_) return false;
        next_ = Clock::now() + interval_;
        interval_ = std::min(2 * interval_, longest_question_interval);
        try {
            DatabaseView view{run_.database()};
            return view.read([this](SQLite::Database& database) { return is_in(database); });
        } catch (DatabaseBusy const&) {
            // As on network file systems.
            return false;
        }
    }

  private:
    /// A failure of an earlier session is none: the task may be tried again.
    [[nodiscard]] bool is_in(SQLite::Database& database) const {
        SQLite::Statement row{database,
                              "SELECT EXISTS (SELECT 1 FROM results WHERE task = ?1) OR "
                              "(EXISTS (SELECT 1 FROM failures WHERE task = ?1) AND "
                              "EXISTS (SELECT 1 FROM attempts WHERE task = ?1 AND session = "
                              "(SELECT max(session) FROM sessions)))"};
        row.bind(1, task_);
        return row.executeStep() && row.getColumn(0).getInt() != 0;
    }

    RunDirectory const& run_;
    std::int64_t task_;
    std::chrono::seconds interval_ = first_question_interval;
    Clock::time_point next_ = Clock::now();
};

/// False when nobody reads it any more.
bool print_news(UniqueFd const& file) {
    std::array<char, 64 * 1024> bytes{};
    for (;;) {
        auto const count = ::read(file.get(), bytes.data(), bytes.size());
        if (count <= 0) break;
        if (!print({bytes.data(), static_cast<std::size_t>(count)})) return false;
    }
    flush_output();
    return true;
}

/// By this folder the workers know that somebody follows.
void ask_for_files(std::filesystem::path const& folder) {
    if (::mkdir(folder.c_str(), 0777) == 0 || errno == EEXIST) return;
    throw InputError("cannot follow a task of " + folder.parent_path().string() + " (" +
                     std::strerror(errno) +
                     " for the folder running in it, by which its workers would know). Ask whose run it is?");
}

}  // namespace

bool follow(std::filesystem::path const& path, std::int64_t task) {
    RunDirectory const run{path};
    auto const name = run.running(task);
    EndQuery end_query{run, task};
    UniqueFd file;
    for (bool has_asked = false; !file;) {
        if (!RunLock::is_held(path) || end_query.is_seen()) return false;
        if (!std::exchange(has_asked, true)) ask_for_files(name.parent_path());
        std::this_thread::sleep_for(look_interval);
        file = open_plain(name);
    }
    // What it has written last is there when its name is gone.
    for (bool goes_on = true; goes_on;) {
        goes_on = about(file).st_nlink > 0 && RunLock::is_held(path) && !end_query.is_seen();
        if (!print_news(file)) break;
        if (goes_on) std::this_thread::sleep_for(look_interval);
    }
    return true;
}

}  // namespace rankpool::batch
