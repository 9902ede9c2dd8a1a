// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/database.hpp"

#include "rankpool/batch/report/run_facts.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_lock.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <thread>

namespace {

namespace fs = std::filesystem;
using namespace rankpool::batch;
using namespace std::chrono_literals;

/// What becomes of the nth call of one of the system calls that SQLite makes.
struct Fault {
    int left = 0;
    int error = 0;  ///< 0: the process is killed
};
Fault fault;

bool strikes() {
    if (--fault.left != 0) return false;
    if (fault.error == 0) ::raise(SIGKILL);
    errno = fault.error;
    return true;
}

int faulty_open(char const* file, int flags, int mode) {
    return strikes() ? -1 : ::open(file, flags, mode);
}
ssize_t faulty_pwrite(int fd, void const* data, size_t size, off_t at) {
    return strikes() ? -1 : ::pwrite(fd, data, size, at);
}
int faulty_ftruncate(int fd, off_t size) {
    return strikes() ? -1 : ::ftruncate(fd, size);
}
int faulty_unlink(char const* file) {
    return strikes() ? -1 : ::unlink(file);
}
int faulty_fallocate(int fd, off_t at, off_t size) {
    return strikes() ? errno : ::posix_fallocate(fd, at, size);
}

struct Call {
    char const* name;
    sqlite3_syscall_ptr faulty;
};
Call const calls[] = {
    {"open", reinterpret_cast<sqlite3_syscall_ptr>(faulty_open)},
    {"pwrite", reinterpret_cast<sqlite3_syscall_ptr>(faulty_pwrite)},
    {"pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(faulty_pwrite)},
    {"ftruncate", reinterpret_cast<sqlite3_syscall_ptr>(faulty_ftruncate)},
    {"unlink", reinterpret_cast<sqlite3_syscall_ptr>(faulty_unlink)},
    {"fallocate", reinterpret_cast<sqlite3_syscall_ptr>(faulty_fallocate)},
};

/// Runs it in a process of its own; its wait status.
int in_child(std::function<void()> const& work) {
    pid_t const pid = ::fork();
    if (pid == 0) {
        try {
            work();
        } catch (StoreError const&) {
            ::_exit(75);
        } catch (InputError const&) {
            ::_exit(2);
        } catch (...) {
            ::_exit(70);
        }
        ::_exit(0);
    }
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class DatabaseTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(run_); }
    void TearDown() override { fs::remove_all(folder_); }

    static InputKey key(int content) {
        InputKey key{};
        key[0] = static_cast<std::byte>(content);
        return key;
    }

    static Session begun() {
        Session session;
        session.program = "p";
        session.started = 1e9;
        session.hosts = "n1";
        return session;
    }
    static Session ended(double serialising = 0) {
        Session session;
        session.ended = 1e9 + 2;
        session.serialising = serialising;
        session.end = "done";
        return session;
    }
    static Attempt attempt(std::int64_t task, AttemptOutcome outcome = AttemptOutcome::ok,
                           std::string error = "") {
        Attempt attempt;
        attempt.task = task;
        attempt.host = "n1";
        attempt.started = 1e9;
        attempt.seconds = 0.5;
        attempt.outcome = outcome;
        attempt.error = std::move(error);
        return attempt;
    }

    void make_run(int rows = 3) {
        auto store = Store::create(file_, record_);
        store.begin_session(begun());
        for (int i = 0; i < rows; ++i) {
            store.claim(i, key(i));
            store.add_attempt(attempt(i));
            store.add_result(i, std::vector<Value>{std::int64_t{i}, std::string(100, 'x')}, false);
        }
        store.claim(rows, key(rows));
        Attempt const failed = attempt(rows, AttemptOutcome::failed, "no");
        store.add_attempt(failed);
        store.add_failure(rows, failed, std::vector<Value>{std::int64_t{rows}});
        store.end_session(ended());
    }

    void edit(std::string const& sql) const {
        SQLite::Database database{file_.string(), SQLite::OPEN_READWRITE};
        database.exec(sql);
    }

    /// What everything that reads says to it: nothing but InputError.
    std::string refusal_by_view() const {
        try {
            read_facts(file_);
        } catch (InputError const& error) {
            return error.what();
        }
        return "";
    }
    std::string refusal_by_store() const {
        try {
            Store::resume(file_);
        } catch (InputError const& error) {
            return error.what();
        }
        return "";
    }

    std::string bytes(fs::path const& file) const {
        std::ifstream in{file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void write(fs::path const& file, std::string const& content) const {
        std::ofstream{file, std::ios::binary} << content;
    }
    /// Names and contents of what is in the run's folder.
    std::map<std::string, std::string> listing() const {
        std::map<std::string, std::string> all;
        for (auto const& entry : fs::directory_iterator{run_}) {
            all[entry.path().filename()] = entry.is_regular_file() ? bytes(entry.path()) : "";
        }
        return all;
    }

    /// In memory, where there is such a place: nothing here is to outlive a power cut.
    fs::path folder_ = (fs::is_directory("/dev/shm") ? fs::path{"/dev/shm"} : fs::temp_directory_path()) /
                       ("rankpool-database-test-" + std::to_string(::getpid()));
    fs::path run_ = folder_ / "run";
    fs::path file_ = run_ / "results.sqlite";
    RunRecord record_{.job = "job",
                      .options = {{"--a", "1"}},
                      .input_columns = {{"in", ColumnType::integer}},
                      .result_columns = {{"out", ColumnType::text}}};
};

/// A start that is killed, or fails, at any call of the system leaves nothing that stops the next.
TEST_F(DatabaseTest, is_whole_or_not_there_whatever_fails) {
    int faults = 0;
    for (int const error : {0, ENOSPC, EIO}) {
        for (auto const& call : calls) {
            for (int nth = 1; nth < 200; ++nth) {
                int const status = in_child([&] {
                    auto* const vfs = ::sqlite3_vfs_find(nullptr);
                    vfs->xSetSystemCall(vfs, call.name, call.faulty);
                    fault = {nth, error};
                    make_run();
                    ::_exit(fault.left > 0 ? 99 : 0);
                });
                int const code = exit_code(status);
                SCOPED_TRACE(std::string{call.name} + " " + std::to_string(nth) + ", " +
                             std::to_string(error));
                if (code != 99) {
                    ++faults;
                    ASSERT_TRUE(error == 0 ? code == 128 + SIGKILL : code == 75 || code == 2 || code == 0)
                        << code;
                }
                // The same start, or --resume, now.
                ASSERT_EQ(exit_code(in_child([&] {
                              if (run_exists(file_)) {
                                  auto store = Store::resume(file_);
                                  store.begin_session(begun());
                                  (void)store.count_results();
                                  store.end_session(ended());
                              } else {
                                  make_run();
                              }
                          })),
                          0);
                EXPECT_THAT(refusal_by_view(), "");
                ASSERT_THAT(listing(), testing::ElementsAre(testing::Key("results.sqlite")));
                fs::remove(file_);
                if (code == 99) break;
            }
        }
    }
    EXPECT_GT(faults, 100);
}

TEST_F(DatabaseTest, a_file_that_may_not_grow_leaves_no_half) {
    for (unsigned const limit : {0U, 1U, 1024U, 4096U, 5000U, 8192U, 12288U, 20000U}) {
        int const code = exit_code(in_child([&] {
            ::signal(SIGXFSZ, SIG_IGN);
            rlimit const size{limit, limit};
            ::setrlimit(RLIMIT_FSIZE, &size);
            make_run();
        }));
        EXPECT_EQ(code, 75) << limit;
        if (!run_exists(file_)) {
            EXPECT_TRUE(listing().empty()) << limit;
            make_run();
        }
        EXPECT_THAT(refusal_by_view(), "");
        fs::remove_all(run_);
        fs::create_directory(run_);
    }
}

TEST_F(DatabaseTest, what_earlier_versions_have_left_of_a_start_is_none) {
    write(file_, "");
    EXPECT_FALSE(run_exists(file_));
    make_run();
    EXPECT_TRUE(run_exists(file_));
    fs::remove(file_);
    {
        SQLite::Database{file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec(
            "PRAGMA journal_mode=WAL");
    }
    ASSERT_EQ(fs::file_size(file_), 4096U);
    // What it was to become is in the log, and is not complete.
    write(file_.string() + "-wal", "not a log");
    EXPECT_FALSE(run_exists(file_));
    make_run();
    EXPECT_THAT(refusal_by_view(), "");
    fs::remove(file_);
    // But not what is somebody's.
    SQLite::Database{file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec(
        "CREATE TABLE mine (a)");
    EXPECT_TRUE(run_exists(file_));
    EXPECT_THAT(refusal_by_store(), testing::HasSubstr("not a database of rankpool"));
}

TEST_F(DatabaseTest, only_plain_tables_are_read) {
    char const* const hostile[] = {
        "ALTER TABLE results RENAME TO r; CREATE VIEW results AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
        "SELECT "
        "x + 1 FROM n) SELECT x AS task, x AS \"in\", x AS out FROM n",
        "CREATE TRIGGER t AFTER INSERT ON attempts BEGIN DELETE FROM results; END",
        "CREATE INDEX i ON results (abs(task))",
        "CREATE VIRTUAL TABLE v USING fts5(a)",
        "CREATE INDEX displaced ON inputs (hex(key)) WHERE task < 0",
        "DROP TABLE failures",
        "DROP TABLE run",
        "DELETE FROM run",
        "ALTER TABLE results DROP COLUMN out",
        "ALTER TABLE results ADD COLUMN more AS (hex(zeroblob(1000000)))",
        "ALTER TABLE attempts RENAME COLUMN seconds TO s",
        "UPDATE run SET input_columns = '[[\"in\", \"INTEGER\"], [\"in,out\", \"TEXT\"]]'",
        "UPDATE run SET input_columns = '{'",
        "UPDATE run SET result_columns = '[1]'",
        "UPDATE run SET result_columns = '[[1, 2]]'",
        "UPDATE run SET result_columns = NULL || ''",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 5",
    };
    for (auto const* sql : hostile) {
        make_run();
        try {
            edit(sql);
        } catch (SQLite::Exception const&) {
            // NOT NULL, or a module that this SQLite has not got.
        }
        auto const before = listing();
        bool const is_changed = std::string{sql}.find("NULL") == std::string::npos;
        if (is_changed && std::string{sql}.find("fts5") == std::string::npos) {
            EXPECT_NE(refusal_by_view(), "") << sql;
            EXPECT_NE(refusal_by_store(), "") << sql;
        }
        EXPECT_EQ(listing(), before) << sql;
        fs::remove(file_);
    }
}

TEST_F(DatabaseTest, what_stands_in_cells_is_checked) {
    std::vector<std::string> edits;
    std::map<std::string, std::vector<std::string>> const columns{
        {"run", {"job", "job_version", "options", "seed", "input_columns", "result_columns"}},
        {"sessions",
         {"program", "command", "started", "ended", "ranks", "workers", "hosts", "options", "exit_code",
          "ending", "serialising"}},
        {"attempts",
         {"task", "attempt", "session", "rank", "pid", "host", "started", "seconds", "peak_memory", "outcome",
          "error"}},
        {"failures", {"outcome", "error", "attempts", "\"in\""}},
        {"inputs", {"key"}},
        {"results", {"\"in\"", "out"}}};
    std::vector<std::string> const values{"'text'",
                                          "1e300",
                                          "-1e300",
                                          "9e999",
                                          "-7",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "0",
                                          "x'00ff'",
                                          "''",
                                          "zeroblob(100000)",
                                          "'[[[[1'",
                                          "char(27) || 'c'"};
    for (auto const& [table, names] : columns) {
        for (auto const& name : names) {
            for (auto const& value : values)
                edits.push_back("UPDATE " + table + " SET " + name + " = " + value);
        }
    }
    std::string const deep(100'000, '[');
    edits.push_back("UPDATE run SET options = '" + deep + "'");
    edits.push_back("UPDATE sessions SET options = '{\"a\":" + deep + "'");
    make_run();
    std::string const whole = bytes(file_);
    for (auto const& sql : edits) {
        write(file_, whole);
        edit(sql);
        refusal_by_view();  // whatever it says, it comes back
        // A resumed run reads results, and what its inputs have come to.
        try {
            auto store = Store::resume(file_);
            for (int i = 0; i < 4; ++i) store.claim(i, key(i));
            store.for_each_duration([](double) {});
            store.for_each_result([](std::span<Value const> row) { ASSERT_EQ(row.size(), 2U); });
        } catch (InputError const&) {
        }
    }
    write(file_, whole);
    edit("UPDATE sessions SET started = 1e300");
    EXPECT_THAT(refusal_by_view(),
                testing::AllOf(testing::HasSubstr("results.sqlite"), testing::HasSubstr("started")));
}

/// Some thousands of corruptions of a small database; RANKPOOL_CORRUPTIONS asks for more.
TEST_F(DatabaseTest, corruptions_are_told_or_harmless) {
    make_run(20);
    { SQLite::Database{file_.string(), SQLite::OPEN_READWRITE}.exec("PRAGMA page_size = 512; VACUUM"); }
    std::string const whole = bytes(file_);
    char const* const asked = std::getenv("RANKPOOL_CORRUPTIONS");
    int const count = asked ? std::atoi(asked) : 2000;
    std::mt19937 random{asked ? std::random_device{}() : 1};
    int told = 0;
    for (int i = 0; i < count; ++i) {
        std::string damaged = whole;
        if (random() % 8 == 0) damaged.resize(random() % damaged.size());
        for (auto flips = 1 + random() % 6; flips > 0 && !damaged.empty(); --flips) {
            // The first page, with what the tables are, is worth more.
            std::size_t const at =
                random() % (random() % 2 == 0 ? damaged.size() : std::min<std::size_t>(4096, damaged.size()));
            auto const flipped = static_cast<unsigned char>(damaged[at]) ^ (1UL << random() % 8);
            damaged[at] = static_cast<char>(random() % 3 == 0 ? random() : flipped);
        }
        write(file_, damaged);
        auto const start = std::chrono::steady_clock::now();
        if (!refusal_by_view().empty()) ++told;
        if (i % 4 == 0) {
            try {
                auto store = Store::resume(file_);
                for (int task = 0; task < 21; ++task) store.claim(task, key(task));
                store.for_each_result([](std::span<Value const>) {});
            } catch (InputError const&) {
            } catch (StoreError const&) {
            } catch (rankpool::Error const&) {
            }
            for (auto const* suffix : {"-journal", "-wal", "-shm"}) fs::remove(file_.string() + suffix);
        }
        ASSERT_LT(std::chrono::steady_clock::now() - start, 5s) << i;
    }
    EXPECT_GT(told, count / 4);
}

/// A journal that asks for another file to be removed when it is played back.
TEST_F(DatabaseTest, nothing_elsewhere_is_touched) {
    make_run();
    auto const victim = folder_ / "thesis";
    write(victim, "three years");
    auto const number = [](std::uint32_t value) {
        std::string text;
        for (int shift = 24; shift >= 0; shift -= 8)
            text += static_cast<char>(value >> static_cast<unsigned>(shift));
        return text;
    };
    std::string const magic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
    std::string const whole = bytes(file_);
    std::string const page = whole.substr(0, 4096);
    std::string journal = magic + number(1) + number(7) +
                          number(static_cast<std::uint32_t>(whole.size() / 4096)) + number(512) +
                          number(4096);
    journal.resize(512);
    std::uint32_t sum = 7;
    for (int i = 4096 - 200; i > 0; i -= 200)
        sum += static_cast<unsigned char>(page[static_cast<std::size_t>(i)]);
    journal += number(1) + page + number(sum);
    std::string const plain = journal;
    std::uint32_t letters = 0;
    for (char const letter : victim.string()) letters += static_cast<std::uint32_t>(letter);
    journal += number(0x40000000 / 4096 + 1) + victim.string() +
               number(static_cast<std::uint32_t>(victim.string().size())) + number(letters) + magic;
    write(file_.string() + "-journal", journal);
    auto const before = listing();
    EXPECT_THAT(refusal_by_view(), testing::HasSubstr("-journal"));
    EXPECT_THAT(refusal_by_store(), testing::HasSubstr("-journal"));
    EXPECT_EQ(listing(), before);
    EXPECT_EQ(bytes(victim), "three years");
    // One of a run that died is played back, in a copy by who looks.
    write(file_.string() + "-journal", plain);
    auto const died = listing();
    EXPECT_EQ(refusal_by_view(), "");
    EXPECT_EQ(listing(), died);
    EXPECT_EQ(refusal_by_store(), "");
    EXPECT_FALSE(fs::exists(file_.string() + "-journal"));

    // Links, and one file under two names.
    for (auto const* suffix : {"-journal", "-wal", "-shm", ""}) {
        for (bool const is_hard : {false, true}) {
            if (is_hard && !*suffix) continue;
            std::string const name = file_.string() + suffix;
            if (fs::exists(name)) fs::rename(name, folder_ / "kept");
            if (is_hard) {
                fs::create_hard_link(victim, name);
            } else {
                fs::create_symlink(victim, name);
            }
            EXPECT_THAT(refusal_by_view(), testing::HasSubstr("results.sqlite")) << suffix;
            EXPECT_THAT(refusal_by_store(), testing::HasSubstr("results.sqlite")) << suffix;
            EXPECT_EQ(bytes(victim), "three years") << suffix;
            fs::remove(name);
            if (fs::exists(folder_ / "kept")) fs::rename(folder_ / "kept", name);
        }
    }
}

TEST_F(DatabaseTest, paths_that_cannot_be_looked_at_are_told) {
    fs::create_symlink("loop", folder_ / "loop");
    write(folder_ / "file", "");
    std::vector<fs::path> const paths{folder_ / "none", folder_ / std::string(300, 'x'), folder_ / "loop",
                                      folder_ / "file", folder_ / std::string(5000, 'y')};
    for (auto const& path : paths) {
        EXPECT_THROW(read_facts(path / "results.sqlite"), InputError) << path;
        EXPECT_FALSE(RunLock::is_held(path));
    }
    ::mkfifo(file_.c_str(), 0666);
    EXPECT_THROW(read_facts(file_), InputError);
    fs::remove(file_);
    fs::create_directory(file_);
    EXPECT_THROW(read_facts(file_), InputError);
}

TEST_F(DatabaseTest, a_run_that_was_killed_can_be_looked_at_and_nothing_changes) {
    EXPECT_EQ(exit_code(in_child([&] {
                  auto store = Store::create(file_, record_);
                  store.begin_session(begun());
                  store.claim(0, key(0));
                  store.add_result(0, std::vector<Value>{std::int64_t{0}, "x"}, false);
                  store.commit();
                  store.claim(1, key(1));
                  ::raise(SIGKILL);
              })),
              128 + SIGKILL);
    ASSERT_TRUE(fs::exists(file_.string() + "-wal"));
    auto const before = listing();
    EXPECT_FALSE(RunLock::is_held(run_));
    EXPECT_EQ(read_facts(file_).ok, 1);
    EXPECT_EQ(listing(), before);
    // Also where only that file was saved, or its index is gone.
    fs::remove(file_.string() + "-shm");
    EXPECT_EQ(read_facts(file_).ok, 1);
    fs::remove(file_.string() + "-wal");
    EXPECT_EQ(read_facts(file_).ok, 0);
}

/// Readers of any kind, and a run beside them.
TEST_F(DatabaseTest, a_run_at_work_can_be_read_and_is_not_disturbed) {
    int ready[2];
    int stored[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(stored), 0);
    pid_t const reader = ::fork();
    if (reader == 0) {
        char byte = 0;
        if (::read(stored[0], &byte, 1) != 1) ::_exit(1);
        int code = 0;
        try {
            if (!RunLock::is_held(run_)) code = 3;
            if (read_facts(file_).ok != 5) code = 4;
            SQLite::Database plain{file_.string(), SQLite::OPEN_READONLY};
            SQLite::Statement row{plain, "SELECT task FROM results"};
            row.executeStep();  // and goes on reading while the run ends
            if (::write(ready[1], &byte, 1) != 1) code = 5;
            if (::read(stored[0], &byte, 1) != 1) code = 6;
        } catch (std::exception const& error) {
            std::fprintf(stderr, "%s\n", error.what());
            code = 7;
        }
        ::_exit(code);
    }
    {
        auto store = Store::create(file_, record_);
        store.begin_session(begun());
        for (int i = 0; i < 5; ++i) {
            store.claim(i, key(i));
            store.add_result(i, std::vector<Value>{std::int64_t{i}, "x"}, false);
        }
        store.commit();
        store.claim(5, key(5));
        store.add_result(5, std::vector<Value>{std::int64_t{5}, "x"}, false);
        char byte = 0;
        ASSERT_EQ(::write(stored[1], &byte, 1), 1);
        ASSERT_EQ(::read(ready[0], &byte, 1), 1);
        for (int i = 6; i < 500; ++i) {
            store.claim(i, key(i));
            store.add_result(i, std::vector<Value>{std::int64_t{i}, std::string(1000, 'x')}, false);
            if (i % 50 == 0) store.commit();
        }
        store.end_session(ended());
        ASSERT_EQ(::write(stored[1], &byte, 1), 1);
    }
    int status = 0;
    ::waitpid(reader, &status, 0);
    EXPECT_EQ(exit_code(status), 0);
    EXPECT_EQ(read_facts(file_).ok, 500);
    EXPECT_EQ(Store::resume(file_).count_results(), 500);
}

TEST_F(DatabaseTest, a_lock_of_who_only_reads_passes) {
    make_run();
    std::ofstream{run_ / "run.lock"};
    int const fd = ::open((run_ / "run.lock").c_str(), O_RDONLY);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_len = 1;
    ASSERT_EQ(::fcntl(fd, F_OFD_SETLK, &lock), 0);
    EXPECT_FALSE(RunLock::is_held(run_));
    EXPECT_THROW(Store::resume(file_), DatabaseBusy);
    ::close(fd);
    EXPECT_EQ(Store::resume(file_).count_results(), 3);
    EXPECT_FALSE(fs::exists(run_ / "run.lock"));
}

TEST_F(DatabaseTest, upgrades_go_step_by_step) {
    for (int const version : {1, 2, 3}) {
        fs::copy_file(fs::path{RANKPOOL_TEST_DATABASES} / ("version" + std::to_string(version) + ".sqlite"),
                      file_);
        auto const before = listing();
        auto const facts = read_facts(file_);
        EXPECT_EQ(facts.ok, 11);
        EXPECT_EQ(facts.failed, 1);
        EXPECT_EQ(facts.record.job, "squares");
        EXPECT_EQ(listing(), before);
        {
            auto store = Store::resume(file_);
            EXPECT_EQ(store.count_results(), 11);
            store.begin_session(begun());
            store.end_session(ended(0.25));
        }
        SQLite::Database database{file_.string(), SQLite::OPEN_READONLY};
        EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), schema_version);
        EXPECT_EQ(database.execAndGet("SELECT serialising FROM sessions WHERE session = 2").getDouble(),
                  0.25);
        EXPECT_EQ(read_facts(file_).sessions.size(), 2U);
        fs::remove(file_);
    }
}

TEST_F(DatabaseTest, wide_inputs_come_back) {
    for (int const width : {1, 1995, 1996, 1997, 1998, 2000, 2001, 5000}) {
        RunRecord record = record_;
        record.input_columns.clear();
        std::vector<Value> values;
        for (int i = 0; i < width; ++i) {
            record.input_columns.push_back({"c" + std::to_string(i), ColumnType::text});
            values.emplace_back(i % 7 == 0 ? "M\xfcller \"" + std::to_string(i) : std::to_string(i));
        }
        tell_columns_apart(record);
        values.back() = Value{std::string{"M\xfcller"}};
        std::vector<Value> const input = values;
        values.emplace_back("out");
        {
            auto store = Store::create(file_, record);
            store.begin_session(begun());
            store.claim(0, key(0));
            store.add_attempt(attempt(0));
            store.add_result(0, values, false);
            Attempt const failed = attempt(1, AttemptOutcome::failed, "no");
            store.claim(1, key(1));
            store.add_attempt(failed);
            store.add_failure(1, failed, input);
            store.end_session(ended());
        }
        EXPECT_EQ(refusal_by_view(), "") << width;
        auto store = Store::resume(file_);
        EXPECT_TRUE(store.record().input_columns == record.input_columns);
        int rows = 0;
        store.for_each_result([&](std::span<Value const> row) {
            ++rows;
            EXPECT_TRUE(std::vector<Value>(row.begin(), row.end()) == values) << width;
        });
        EXPECT_EQ(rows, 1);
        fs::remove(file_);
    }
}

TEST_F(DatabaseTest, names_with_any_bytes_come_back) {
    record_.input_columns.clear();
    for (int byte = 1; byte < 256; ++byte) {
        record_.input_columns.push_back({"c" + std::string(1, static_cast<char>(byte)), ColumnType::text});
    }
    record_.input_columns.push_back({"", ColumnType::text});
    record_.input_columns.push_back({"c\\xff", ColumnType::text});
    record_.options = {{"--x", "M\xfcller"}, {"--y", "M\xef\xbf\xbdller"}, {"--z", "{\"hex\": \"4d\"}"}};
    for (auto const& column : record_.input_columns)
        record_.fields.push_back({column.name, column.name.empty()});
    tell_columns_apart(record_);
    { auto const store = Store::create(file_, record_); }
    auto const store = Store::resume(file_);
    EXPECT_EQ(store.record().fields, record_.fields);
    EXPECT_TRUE(differences(store.record(), record_).empty());
    EXPECT_EQ(store.record().input_columns, record_.input_columns);
    EXPECT_EQ(store.record().options, record_.options);
    auto other = record_;
    other.options[0].second = "M\xf6ller";
    EXPECT_THAT(differences(store.record(), other), testing::ElementsAre(testing::HasSubstr("M\\xfcller")));
    other.input_columns[0].name = std::string("a\0b", 3);
    EXPECT_THROW(tell_columns_apart(other), InputError);
}

/// Their bytes were a mark each, but the seed has been made of them.
TEST_F(DatabaseTest, options_of_earlier_versions_are_known_again) {
    RunRecord stored = record_;
    stored.options = {{"--x", "M\xef\xbf\xbdller"}};
    stored.seed = 7;
    RunRecord asked = stored;
    asked.options = {{"--x", "M\xfcller"}};
    EXPECT_TRUE(differences(stored, asked).empty());
    asked.seed = 8;
    EXPECT_EQ(differences(stored, asked).size(), 1U);
}

TEST_F(DatabaseTest, long_errors_are_cut_and_say_so) {
    std::string const text(2'000'000, 'e');
    make_run();
    {
        auto store = Store::resume(file_);
        store.begin_session(begun());
        Attempt failed = attempt(3, AttemptOutcome::failed, text);
        failed.number = 2;
        store.claim(3, key(3));
        store.add_attempt(failed);
        store.add_failure(3, failed, std::vector<Value>{std::int64_t{3}});
        store.end_session(ended());
    }
    EXPECT_LT(fs::file_size(file_), 100'000U);
    EXPECT_THAT(read_facts(file_).failures.at(0).error, testing::EndsWith("... (2000000 bytes in all)"));
    EXPECT_EQ(bounded_error(bounded_error(text)), bounded_error(text));
    EXPECT_EQ(bounded_error("short"), "short");
}

}  // namespace
