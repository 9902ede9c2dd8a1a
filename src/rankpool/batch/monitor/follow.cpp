// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/follow.hpp"

#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/run_lock.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto interval = 100ms;
/// Between two questions to the database of a run that is at work.
constexpr int looks_per_question = 10;

UniqueFd open_plain(std::filesystem::path const& file) {
    return UniqueFd{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
}

bool is_there(UniqueFd const& file) {
    struct stat now {};
    return ::fstat(file.get(), &now) == 0 && now.st_nlink > 0;
}

bool has_ended(RunDirectory const& run, std::int64_t task) {
    try {
        DatabaseView view{run.database()};
        return view.read([task](SQLite::Database& database) {
            SQLite::Statement row{database,
                                  "SELECT EXISTS (SELECT 1 FROM results WHERE task = ?1) OR "
                                  "EXISTS (SELECT 1 FROM failures WHERE task = ?1)"};
            row.bind(1, task);
            return row.executeStep() && row.getColumn(0).getInt() != 0;
        });
    } catch (DatabaseBusy const&) {
        // As on network file systems.
        return false;
    }
}

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

}  // namespace

bool follow(std::filesystem::path const& path, std::int64_t task) {
    RunDirectory const run{path};
    UniqueFd file;
    for (int looks = 0; !file; ++looks) {
        bool const is_at_work = RunLock::is_held(path);
        file = open_plain(run.running(task));
        if (file) break;
        if (!is_at_work || (looks % looks_per_question == 0 && has_ended(run, task))) return false;
        std::this_thread::sleep_for(interval);
    }
    // What it has written last is there when its name is gone.
    for (bool goes_on = true; goes_on;) {
        goes_on = is_there(file) && RunLock::is_held(path);
        if (!print_news(file)) break;
        if (goes_on) std::this_thread::sleep_for(interval);
    }
    return true;
}

}  // namespace rankpool::batch
