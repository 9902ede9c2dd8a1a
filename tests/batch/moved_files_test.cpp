// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/moved_files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace rankpool::batch;

InputKey key(int number) {
    InputKey key{};
    key[0] = static_cast<std::byte>(number);
    return key;
}

class MovedFilesTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "moved_files_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        fs::create_directories(folder_ / "out");
    }
    void TearDown() override { fs::remove_all(folder_); }

    [[nodiscard]] MovedFiles open() const { return {folder_ / "out", folder_ / "moved"}; }
    void write(int task, std::string const& text) const {
        for (auto const* end : {".out", ".err"})
            std::ofstream{folder_ / "out" / (std::to_string(task) + end)} << text << end;
    }
    /// What a task's command has written; empty where there is not both.
    [[nodiscard]] std::string read(int task) const {
        std::string texts[2];
        for (int i = 0; i < 2; ++i) {
            std::ifstream file{folder_ / "out" / (std::to_string(task) + (i == 0 ? ".out" : ".err"))};
            texts[i].assign(std::istreambuf_iterator<char>{file}, {});
        }
        auto const text = texts[0].substr(0, texts[0].find('.'));
        return texts[0] == text + ".out" && texts[1] == text + ".err" ? text : "";
    }

    fs::path folder_;
};

TEST_F(MovedFilesTest, rows_that_change_places_lose_nothing) {
    write(0, "a");
    write(1, "b");
    auto files = open();
    files.put_aside(0, key(1));
    files.put_aside(1, key(2));
    EXPECT_EQ(read(0), "");
    files.take(0, key(2), MovedFiles::Row::stays);
    files.take(1, key(1), MovedFiles::Row::stays);
    EXPECT_EQ(read(0), "");  // the database does not know it yet
    files.settle();
    EXPECT_EQ(read(0), "b");
    EXPECT_EQ(read(1), "a");
    files.end();
    EXPECT_FALSE(fs::exists(folder_ / "moved"));
}

/// The database forgets where rows have moved, while another's command has written already.
TEST_F(MovedFilesTest, a_run_that_died_before_its_database_knew) {
    write(0, "a");
    write(1, "b");
    {
        auto files = open();
        files.put_aside(0, key(1));
        files.put_aside(1, key(2));
        write(0, "new");
        files.take(1, key(1), MovedFiles::Row::stays);
    }
    {
        // The same once more.
        auto files = open();
        files.put_aside(0, key(1));
        files.put_aside(1, key(2));
        write(0, "new again");
    }
    auto files = open();
    files.take(0, key(1), MovedFiles::Row::stays);
    files.take(1, key(2), MovedFiles::Row::stays);
    files.end();
    EXPECT_EQ(read(0), "a");
    EXPECT_EQ(read(1), "b");
}

TEST_F(MovedFilesTest, a_run_that_died_when_its_database_knew) {
    write(0, "a");
    {
        auto files = open();
        files.put_aside(0, key(1));
        write(0, "new");
        files.take(1, key(1), MovedFiles::Row::stays);
    }
    auto files = open();
    files.take(1, key(1), MovedFiles::Row::stays);
    files.end();
    EXPECT_EQ(read(0), "new");
    EXPECT_EQ(read(1), "a");
}

TEST_F(MovedFilesTest, equal_rows_have_files_each) {
    write(0, "one");
    write(1, "two");
    auto files = open();
    files.put_aside(0, key(1));
    files.put_aside(1, key(1));
    files.take(1, key(1), MovedFiles::Row::stays);
    files.take(2, key(1), MovedFiles::Row::stays);
    files.end();
    EXPECT_EQ((std::set{read(1), read(2)}), (std::set<std::string>{"one", "two"}));
}

TEST_F(MovedFilesTest, what_a_row_that_runs_again_has_written_counts) {
    for (int i = 0; i < 3; ++i) write(i, "old " + std::to_string(i));
    auto files = open();
    for (int i = 0; i < 3; ++i) files.put_aside(i, key(i));
    for (int i = 0; i < 3; ++i) files.take(i + 3, key(i), MovedFiles::Row::runs);
    files.settle();
    EXPECT_EQ(read(3), "");
    write(3, "fresh");
    files.forget(3);
    files.forget(4);  // it could not be started
    files.end();
    EXPECT_EQ(read(3), "fresh");
    EXPECT_EQ(read(4), "old 1");
    EXPECT_EQ(read(5), "old 2");
}

TEST_F(MovedFilesTest, rows_that_do_not_come_any_more_leave_theirs_aside) {
    write(0, "a");
    {
        auto files = open();
        files.put_aside(0, key(1));
        files.end();
    }
    EXPECT_FALSE(fs::exists(folder_ / "out" / "0.out"));
    auto files = open();
    files.take(5, key(1), MovedFiles::Row::stays);
    files.end();
    EXPECT_EQ(read(5), "a");
}

}  // namespace
