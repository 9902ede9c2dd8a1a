// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/run_directory.hpp"

#include "rankpool/batch/files/file_system.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr uid_t somebody = 65534;

/// The tests work in a folder of their own.
class RunDirectoryTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "run_directory_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        fs::current_path(folder_);
    }
    void TearDown() override {
        fs::current_path("/");
        fs::remove_all(folder_);
    }

    /// A run that has ended, whose first session was started then.
    static void make_run(fs::path const& path, std::string const& job, double started, double again = 0,
                         std::uint64_t seed = 0) {
        fs::create_directories(path);
        RunRecord record;
        record.job = job;
        record.seed = seed;
        record.input_columns = {{"in", ColumnType::integer}};
        record.result_columns = {{"out", ColumnType::integer}};
        auto store = Store::create(path / "results.sqlite", record);
        for (double const time : {started, again}) {
            if (time == 0) continue;
            Session session;
            session.started = time;
            store.begin_session(session);
            session.ended = time + 1;
            store.end_session(session);
        }
    }

    static std::string newest(std::string const& job, std::uint64_t seed = 0) {
        return RunDirectory::newest(job, seed).path().filename();
    }

    static std::string content(fs::path const& file) { return read_plain_file(file, 1 << 20).value_or("?"); }

    fs::path folder_;
};

TEST_F(RunDirectoryTest, runs_that_start_at_the_same_moment_have_folders_of_their_own) {
    constexpr std::size_t count = 60;
    std::vector<std::string> paths(count);
    {
        std::vector<std::jthread> starts;
        for (auto& path : paths) {
            starts.emplace_back([&path] { path = RunDirectory::fresh("pi").path().string(); });
        }
    }
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), count);
    for (auto const& path : paths) EXPECT_TRUE(fs::is_directory(path)) << path;
}

TEST_F(RunDirectoryTest, runs_that_are_submitted_at_the_same_moment_have_names_of_their_own) {
    std::vector<std::string> paths(60);
    {
        std::vector<std::jthread> starts;
        for (std::size_t i = 0; i < paths.size(); ++i) {
            starts.emplace_back([&path = paths[i], is_submitted = i % 2 == 0] {
                path = is_submitted ? RunDirectory::reserve_name("pi").string()
                                    : RunDirectory::fresh("pi").path().string();
            });
        }
    }
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
        EXPECT_EQ(fs::exists(paths[i] + ".sbatch"), i % 2 == 0) << paths[i];
        EXPECT_EQ(fs::exists(paths[i]), i % 2 == 1) << paths[i];
    }
    RunDirectory::give_back_name(paths[0]);
    EXPECT_FALSE(fs::exists(paths[0] + ".sbatch"));
}

TEST_F(RunDirectoryTest, a_name_that_was_submitted_is_taken) {
    auto const first = RunDirectory::next_name("pi");
    EXPECT_FALSE(fs::exists("runs"));
    fs::create_directory("runs");
    // The moment may have passed.
    std::set<std::string> taken;
    for (int i = 0; i < 3; ++i) {
        auto const name = RunDirectory::next_name("pi").string();
        EXPECT_TRUE(taken.insert(name).second);
        std::ofstream{name + ".sbatch"};
    }
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(taken.insert(RunDirectory::fresh("pi").path().string()).second);
}

TEST_F(RunDirectoryTest, the_newest_is_known_by_its_record) {
    // Names that do not sort by time: another zone, letters, a tenth in a second, one that was gone on with.
    make_run("runs/pi-20261127-230000", "pi", 1000);
    make_run("runs/pi-trial", "pi", 2000);
    make_run("runs/pi-20261127-100000.10", "pi", 5000);
    make_run("runs/pi-20261127-100000.2", "pi", 4000, 9000);
    make_run("runs/odd name", "pi", 3000);
    EXPECT_EQ(newest("pi"), "pi-20261127-100000.10");
    // Of other jobs, whatever they are called.
    make_run("runs/pi-other-20261128-000000", "pi-other", 7000);
    make_run("runs/pi-20991231-000000", "sweep", 8000);
    EXPECT_EQ(newest("pi"), "pi-20261127-100000.10");
    EXPECT_EQ(newest("pi-other"), "pi-other-20261128-000000");
    EXPECT_THAT([] { RunDirectory::newest("knn", 0); },
                ThrowsMessage<InputError>(HasSubstr("there is no run of it")));
}

TEST_F(RunDirectoryTest, the_newest_of_the_same_options_comes_before_newer_ones) {
    constexpr std::uint64_t same = ~std::uint64_t{5};
    make_run("runs/exec-1", "exec", 1000, 0, same);
    make_run("runs/exec-2", "exec", 2000, 0, same);
    make_run("runs/exec-3", "exec", 3000, 0, 7);
    EXPECT_EQ(newest("exec", same), "exec-2");
    EXPECT_EQ(newest("exec", 7), "exec-3");
    EXPECT_EQ(newest("exec", 8), "exec-3");
}

TEST_F(RunDirectoryTest, what_cannot_be_gone_on_with_is_not_the_newest) {
    EXPECT_THAT([] { RunDirectory::newest("pi", 0); },
                ThrowsMessage<InputError>(HasSubstr("there is no run of it")));
    make_run("runs/pi-1", "pi", 1000);
    make_run("runs/pi-2", "pi", 0);  // it had not begun
    fs::create_directories("runs/pi-3");
    fs::create_directories("runs/pi-4");
    std::ofstream{"runs/pi-4/results.sqlite"};
    fs::create_directories("runs/pi-5");
    std::ofstream{"runs/pi-5/results.sqlite"} << std::string(10'000, 'x');
    fs::create_directories("runs/pi-6/results.sqlite");
    std::ofstream{"runs/pi-7"};
    make_run("elsewhere", "pi", 9000);
    fs::create_directory_symlink("../elsewhere", "runs/pi-8");
    fs::create_directories("runs/pi-9");
    ASSERT_EQ(::mkfifo("runs/pi-9/results.sqlite", 0600), 0);
    EXPECT_EQ(newest("pi"), "pi-1");
}

TEST_F(RunDirectoryTest, folders_of_others_are_used_only_by_name) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    make_run("runs/mine", "pi", 1000);
    make_run("runs/theirs", "pi", 2000);
    make_run("runs/their_file", "pi", 3000);
    ASSERT_EQ(::chown("runs/theirs", somebody, somebody), 0);
    ASSERT_EQ(::chown("runs/their_file/results.sqlite", somebody, somebody), 0);
    EXPECT_EQ(newest("pi"), "mine");
    ASSERT_EQ(::chown("runs", somebody, somebody), 0);
    auto const refused = ThrowsMessage<InputError>(HasSubstr("belongs to another user"));
    EXPECT_THAT([] { RunDirectory::newest("pi", 0); }, refused);
    EXPECT_THAT([] { RunDirectory::fresh("pi"); }, refused);
    EXPECT_THAT([] { RunDirectory::next_name("pi"); }, refused);
    RunDirectory{"runs/named"}.make();
    EXPECT_TRUE(fs::is_directory("runs/named"));
    // A link of theirs to what is one's own.
    fs::rename("runs", "real");
    ASSERT_EQ(::chown("real", 0, 0), 0);
    fs::create_directory_symlink("real", "runs");
    EXPECT_EQ(newest("pi"), "mine");
    ASSERT_EQ(::lchown("runs", somebody, somebody), 0);
    EXPECT_THAT([] { RunDirectory::fresh("pi"); }, refused);
}

TEST_F(RunDirectoryTest, what_cannot_be_made_is_told_with_its_reason) {
    auto const refused = [](fs::path const& path, char const* why) {
        EXPECT_THAT([&] { RunDirectory{path}.make(); }, ThrowsMessage<InputError>(HasSubstr(why)));
        EXPECT_THAT([&] { RunDirectory{path}.open(); }, ThrowsMessage<InputError>(HasSubstr("cannot use")));
    };
    std::ofstream{"file"};
    fs::create_symlink("loop", "loop");
    refused(std::string(256, 'x'), "File name too long");
    refused("file", "a directory");
    refused("file/run", "Not a directory");
    refused("loop", "Too many levels");
    refused("/proc/run", "No such file or directory");
    std::ofstream{"runs"};
    EXPECT_THAT([] { RunDirectory::fresh("pi"); }, ThrowsMessage<InputError>(HasSubstr("Not a directory")));
    EXPECT_THAT([] { RunDirectory::newest("pi", 0); },
                ThrowsMessage<InputError>(HasSubstr("Not a directory")));
}

TEST_F(RunDirectoryTest, nothing_that_lies_in_the_folder_is_written_through) {
    std::ofstream{"precious"} << "mine";
    RunDirectory run{"run"};
    run.make();
    for (auto const* name : {"status.json", "status.json.new", "report.html", "run.log"}) {
        fs::create_symlink(folder_ / "precious", fs::path{"run"} / name);
    }
    run.write(run.status(), "{}", AtomicFile::Durability::none);
    run.log("a line");
    EXPECT_EQ(content("precious"), "mine");
    EXPECT_EQ(content("run/status.json"), "{}");
    // Nor is a pipe without a reader waited for.
    fs::remove("run/run.log");
    ASSERT_EQ(::mkfifo("run/run.log", 0600), 0);
    run.log("a line");
    // What takes the folder's place gets nothing.
    fs::rename("run", "moved");
    fs::create_directory("run");
    run.write(run.report(), "<html>", AtomicFile::Durability::synced);
    EXPECT_EQ(content("moved/report.html"), "<html>");
    EXPECT_TRUE(fs::is_empty("run"));
}

TEST_F(RunDirectoryTest, no_text_forges_a_line_of_the_log) {
    RunDirectory run{"run"};
    run.make();
    run.log("task 1 failed: x\n2026-11-26 10:00:00  started: forged\x1b[2J");
    run.log("next");
    EXPECT_THAT(content("run/run.log"),
                testing::MatchesRegex("[-0-9]+ [:0-9]+  task 1 failed: x\\\\n2026-11-26 10:00:00  started: "
                                      "forged\\\\x1b.2J\n[-0-9]+ [:0-9]+  next\n"));
}

TEST_F(RunDirectoryTest, the_latest_is_a_link_beside_it) {
    for (auto const* name : {"runs/one", "runs/two/", "elsewhere/three"}) {
        RunDirectory run{name};
        run.make();
        run.become_latest();
    }
    EXPECT_EQ(fs::read_symlink("runs/latest"), "two");
    EXPECT_FALSE(fs::exists("elsewhere/latest"));
    RunDirectory latest{"runs/latest"};
    latest.make();
    latest.become_latest();
    EXPECT_EQ(fs::read_symlink("runs/latest"), "two");
    // What a person has put there stays.
    fs::remove("runs/latest");
    fs::create_directories("runs/latest/full");
    RunDirectory{"runs/one"}.become_latest();
    EXPECT_TRUE(fs::is_directory("runs/latest/full"));
    EXPECT_EQ(std::distance(fs::directory_iterator{"runs"}, {}), 3);
}

TEST_F(RunDirectoryTest, any_byte_may_be_in_a_name) {
    for (int byte = 1; byte < 256; ++byte) {
        if (byte == '/') continue;
        auto const name = std::string("run") + static_cast<char>(byte);
        RunDirectory run{name};
        run.make();
        // SQLite could take these for more than a name.
        if (std::string_view{"\n%?#:'\"\\\x80\xff"}.find(static_cast<char>(byte)) != std::string_view::npos) {
            make_run(name, "pi", 1);
            EXPECT_TRUE(fs::exists(run.database())) << byte;
        }
        run.write(run.status(), "{}", AtomicFile::Durability::none);
        EXPECT_EQ(content(run.status()), "{}") << byte;
    }
    EXPECT_EQ(RunDirectory{"file:run?mode=memory"}.database(), "./file:run?mode=memory/results.sqlite");
}

TEST_F(RunDirectoryTest, only_a_plain_file_of_a_sane_size_is_read) {
    std::ofstream{"file"} << std::string(1000, 'x');
    fs::create_symlink("file", "link");
    ASSERT_EQ(::mkfifo("pipe", 0600), 0);
    EXPECT_EQ(read_plain_file("file", 1000), std::string(1000, 'x'));
    EXPECT_FALSE(read_plain_file("file", 999));
    for (auto const* name : {"link", "pipe", ".", "none", "/dev/zero", "file/x"}) {
        EXPECT_FALSE(read_plain_file(name, 1000)) << name;
    }
}

}  // namespace
}  // namespace rankpool::batch
