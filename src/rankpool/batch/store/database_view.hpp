// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/database_files.hpp"
#include "rankpool/core/deadline.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace rankpool::batch {

/// True where there is a run's database. One that has come to nothing, as starts of earlier versions could
/// leave it, is none. Throws InputError where that cannot be found out.
bool run_exists(std::filesystem::path const& file);

/// A run's database as it is at one moment, to be read only: a private copy, so that a run may be at work on
/// it or begin to, and that looking changes nothing, whoever has made the folder, on whatever file system.
/// What is too large to be copied is read where it lies.
///
/// Throws InputError as open_database does, and where there is none; DatabaseBusy where a run at work lets
/// nobody in, as on network file systems.
class DatabaseView {
  public:
    explicit DatabaseView(std::filesystem::path const& file);
    DatabaseView(DatabaseView const&) = delete;
    DatabaseView& operator=(DatabaseView const&) = delete;
    ~DatabaseView();

    /// In words, what the view lacks; nearly always empty.
    [[nodiscard]] std::string const& lack() const { return lack_; }

    /// Only the time that SQLite works counts: to be called when something else has taken time.
    void start_clock() { *enough_ = Deadline::after(most_time_); }

    /// Calls `work` with the database; what it finds to be wrong becomes an InputError that names the file.
    template <class Work>
    auto read(Work work) {
        start_clock();
        try {
            return work(*database_);
        } catch (...) {
            rethrow_as_input_error();
        }
    }

  private:
    bool copy_files(DatabaseFiles const& files);
    void copy_by_sqlite(DatabaseFiles const& files);
    void open_in_place(DatabaseFiles const& files);
    void guard();
    [[noreturn]] void rethrow_as_input_error() const;

    std::filesystem::path name_;
    std::string lack_;
    std::optional<SQLite::Database> database_;
    std::chrono::seconds most_time_{20};
    /// When SQLite has worked long enough; at a place of its own, since SQLite knows it.
    std::unique_ptr<Deadline> enough_;
};

}  // namespace rankpool::batch
