// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace rankpool::batch {

/// Throws InputError.
[[noreturn]] void refuse_database(std::filesystem::path const& file, std::string const& why,
                                  char const* suggestion);

/// A run's database and what SQLite keeps beside it, as files: looked at without SQLite, which would change
/// them by looking. All functions throw InputError where a file cannot be looked at, or is a link or anything
/// else but a plain file: SQLite writes and removes what it finds under these names.
class DatabaseFiles {
  public:
    explicit DatabaseFiles(std::filesystem::path file);

    /// As it was given, for people.
    [[nodiscard]] std::filesystem::path const& name() const { return name_; }
    /// With no link on the way to it, for SQLite.
    [[nodiscard]] std::filesystem::path const& main() const { return main_; }

    /// False where there is no such file.
    [[nodiscard]] bool exist() const { return exist_; }
    /// Bytes of all of them.
    [[nodiscard]] std::uintmax_t size() const;
    [[nodiscard]] bool is_empty() const { return sizes_[0] == 0; }
    /// Bytes of changes that are not in the database itself yet.
    [[nodiscard]] std::uintmax_t log_size() const { return sizes_[2]; }

    /// True where changes are written to a log beside the database before they come into it.
    [[nodiscard]] bool has_log() const { return is_logged_; }
    /// True where a journal must be played back before the database is whole; unless somebody is at work on
    /// it.
    [[nodiscard]] bool has_journal() const { return sizes_[1] > 0; }
    /// The number that tells of which program a database is, as it is without the log.
    [[nodiscard]] std::uint32_t application() const { return application_; }
    [[nodiscard]] bool is_database() const { return is_database_; }

    /// Throws InputError where playing back the journal would remove files elsewhere, which no run asks for.
    void check_journal() const;

    /// Copies database, journal and log into the folder, under the same names. False where they have changed
    /// meanwhile.
    [[nodiscard]] bool copy_to(std::filesystem::path const& folder) const;

    /// How other processes have locked the database.
    enum class Use { none, some, exclusive };
    [[nodiscard]] Use use() const;

    /// Removes them all, the database first: without it the others mean nothing.
    static void remove(std::filesystem::path const& file);

  private:
    struct Look;
    [[nodiscard]] std::filesystem::path at(std::size_t which) const;
    void read_header();

    static constexpr std::array suffixes{"", "-journal", "-wal", "-shm"};

    std::filesystem::path name_;
    std::filesystem::path main_;
    std::array<std::uintmax_t, suffixes.size()> sizes_{};
    std::array<std::int64_t, suffixes.size()> changed_{};  ///< nanoseconds since 1970
    bool exist_ = false;
    bool is_database_ = false;
    bool is_logged_ = false;
    std::uint32_t application_ = 0;
};

}  // namespace rankpool::batch
