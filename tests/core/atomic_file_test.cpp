// SPDX-License-Identifier: MIT
#include "rankpool/core/atomic_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace rankpool {
namespace {

namespace fs = std::filesystem;
using Links = AtomicFile::Links;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string content(fs::path const& file) {
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void write(fs::path const& path, std::string const& text, Links links = Links::replaced) {
    AtomicFile file{path, links};
    file.write(text);
    file.commit();
}

/// True if `work` returns true in a process of its own, which may give up what it likes.
template <class Work>
bool holds_in_child(Work work) {
    pid_t const child = ::fork();
    if (child == 0) ::_exit(work() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

class AtomicFileTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "atomic_file_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        path_ = folder_ / "out.csv";
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{});
    }

    fs::path folder_;
    fs::path path_;
};

TEST_F(AtomicFileTest, appears_when_committed_and_replaces_what_was_there) {
    std::ofstream{path_} << "old";
    {
        AtomicFile file{path_};
        file.write("new ");
        file.write("text");
        EXPECT_EQ(content(path_), "old");
        file.commit();
    }
    EXPECT_EQ(content(path_), "new text");
    EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, without_commit_nothing_is_left) {
    AtomicFile{path_}.write("half");
    AtomicFile::check(path_, Links::followed);
    AtomicFile first{path_};
    AtomicFile const second{std::move(first)};
    EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, writes_what_is_larger_than_its_buffer) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
    AtomicFile file{path_};
    for (std::size_t at = 0; at < text.size(); at += 1000)
        file.write(std::string_view{text}.substr(at, 1000));
    file.commit(AtomicFile::Durability::none);
    EXPECT_EQ(content(path_), text);
}

TEST_F(AtomicFileTest, is_made_in_a_folder_that_was_opened_before) {
    int const folder = ::open(folder_.c_str(), O_PATH | O_DIRECTORY);
    auto const moved = fs::path{folder_.string() + ".moved"};
    fs::rename(folder_, moved);
    fs::create_directory(folder_);
    AtomicFile file{folder, "status.json", path_};
    file.write("{}");
    file.commit();
    ::close(folder);
    EXPECT_EQ(files(), 0);
    EXPECT_EQ(content(moved / "status.json"), "{}");
    fs::remove_all(moved);
}

TEST_F(AtomicFileTest, has_the_permissions_of_the_old_file_or_the_umask) {
    auto const before = ::umask(027);
    write(path_, "new");
    ::umask(before);
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0640});
    fs::permissions(path_, fs::perms{0600});
    write(path_, "newer");
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
}

TEST_F(AtomicFileTest, follows_links_only_where_told_to) {
    std::ofstream{folder_ / "real"} << "old";
    fs::create_symlink("real", folder_ / "near");
    fs::create_directory(folder_ / "sub");
    fs::create_symlink("../near", folder_ / "sub/link");
    write(folder_ / "sub/link", "new", Links::followed);
    EXPECT_EQ(content(folder_ / "real"), "new");
    EXPECT_TRUE(fs::is_symlink(folder_ / "sub/link"));
    EXPECT_TRUE(fs::is_symlink(folder_ / "near"));

    write(folder_ / "sub/link", "mine");
    EXPECT_EQ(content(folder_ / "real"), "new");
    EXPECT_FALSE(fs::is_symlink(folder_ / "sub/link"));

    fs::create_symlink("fresh", folder_ / "dangling");
    write(folder_ / "dangling", "made", Links::followed);
    EXPECT_EQ(content(folder_ / "fresh"), "made");

    fs::create_symlink("a", folder_ / "b");
    fs::create_symlink("b", folder_ / "a");
    EXPECT_THAT([&] { write(folder_ / "a", "", Links::followed); },
                ThrowsMessage<FileError>(HasSubstr("Too many levels")));
}

TEST_F(AtomicFileTest, no_trap_beside_the_name_is_written_through) {
    // Names that were foreseeable once.
    auto const victim = folder_ / "victim";
    std::ofstream{victim} << "precious";
    for (std::string const& suffix :
         {std::string{}, std::string{".new"}, ".new-" + std::to_string(::getpid())}) {
        fs::create_symlink("victim", path_.string() + suffix);
    }
    write(path_, "mine");
    EXPECT_EQ(content(victim), "precious");
    EXPECT_EQ(content(path_), "mine");
}

TEST_F(AtomicFileTest, a_link_of_somebody_else_is_not_followed_where_all_may_make_one) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can be somebody else";
    constexpr uid_t somebody = 65534;
    fs::permissions(folder_, fs::perms::all | fs::perms::sticky_bit);
    std::ofstream{folder_ / "victim"} << "precious";
    fs::create_symlink("victim", path_);
    ASSERT_EQ(::lchown(path_.c_str(), somebody, somebody), 0);
    EXPECT_THAT([&] { write(path_, "new", Links::followed); },
                ThrowsMessage<FileError>(HasSubstr("Permission denied")));
    EXPECT_EQ(content(folder_ / "victim"), "precious");
}

TEST_F(AtomicFileTest, a_pipe_is_written_or_replaced) {
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    AtomicFile::check(path_, Links::followed);  // does not wait for a reader
    int const reader = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK);
    write(path_, "through", Links::followed);
    std::string got(100, '\0');
    got.resize(static_cast<std::size_t>(::read(reader, got.data(), got.size())));
    ::close(reader);
    EXPECT_EQ(got, "through");
    write(path_, "in its place");
    EXPECT_TRUE(fs::is_regular_file(path_));
}

TEST_F(AtomicFileTest, a_device_stays_a_device) {
    write("/dev/null", "gone", Links::followed);
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(AtomicFileTest, what_is_open_is_written_as_it_is) {
    // As a shell does for > and what is printed before and after.
    EXPECT_TRUE(holds_in_child([&] {
        ::close(STDOUT_FILENO);
        if (::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600) != STDOUT_FILENO) return false;
        bool good = ::write(STDOUT_FILENO, "1 ", 2) == 2;
        write("/dev/stdout", "2 ", Links::followed);
        write("/proc/self/fd/1", "3 ", Links::followed);
        return good && ::write(STDOUT_FILENO, "4", 1) == 1;
    }));
    EXPECT_EQ(content(path_), "1 2 3 4");
    EXPECT_EQ(files(), 1);
}

TEST_F(AtomicFileTest, a_name_that_cannot_be_made_is_told_with_its_reason) {
    auto const failure = [](fs::path const& path) {
        try {
            AtomicFile const file{path, Links::followed};
        } catch (FileError const& error) {
            return std::string{error.what()};
        }
        return std::string{"none"};
    };
    std::ofstream{folder_ / "file"};
    fs::create_symlink("no/where", folder_ / "lost");
    EXPECT_THAT(failure(folder_ / "no/out.csv"),
                AllOf(HasSubstr("no/out.csv"), HasSubstr("No such file or directory"), HasSubstr("folder")));
    EXPECT_THAT(failure(folder_), HasSubstr("Is a directory"));
    EXPECT_THAT(failure(folder_ / ""), HasSubstr("Is a directory"));
    EXPECT_THAT(failure(folder_ / ".."), HasSubstr("Is a directory"));
    EXPECT_THAT(failure("/"), HasSubstr("Is a directory"));
    EXPECT_THAT(failure(""), HasSubstr("No such file or directory"));
    EXPECT_THAT(failure(folder_ / "file/out.csv"), HasSubstr("Not a directory"));
    EXPECT_THAT(failure(folder_ / "lost"), HasSubstr("No such file or directory"));
    EXPECT_THAT(failure(folder_ / std::string(256, 'x')), HasSubstr("File name too long"));
    std::string deep;
    for (int i = 0; i < 3000; ++i) deep += "a/";
    EXPECT_THAT(failure(folder_ / deep / "x"), HasSubstr("File name too long"));
    EXPECT_EQ(failure(folder_ / std::string(255, 'x')), "none");
    EXPECT_EQ(files(), 2);
}

TEST_F(AtomicFileTest, a_folder_that_may_not_be_written_is_an_error) {
    EXPECT_TRUE(holds_in_child([&] {
        fs::permissions(folder_, fs::perms{0555});
        if (::geteuid() == 0 && ::setuid(65534) != 0) return false;
        try {
            AtomicFile::check(path_, Links::replaced);
        } catch (FileError const& error) {
            return std::string{error.what()}.find("Permission denied") != std::string::npos;
        }
        return false;
    }));
}

TEST_F(AtomicFileTest, the_old_file_stays_where_there_is_no_room) {
    std::ofstream{path_} << "old";
    EXPECT_TRUE(holds_in_child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{.rlim_cur = 100'000, .rlim_max = 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        // Within `write`, and at the end only.
        for (std::size_t const size : {1'000'000U, 100'001U, 150'000U}) {
            try {
                write(path_, std::string(size, 'x'));
                return false;
            } catch (FileError const& error) {
                if (std::string{error.what()}.find("File too large") == std::string::npos) return false;
            }
        }
        return true;
    }));
    EXPECT_EQ(content(path_), "old");
    EXPECT_EQ(files(), 1);
    AtomicFile file{"/dev/full", Links::followed};
    file.write("text");
    EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<FileError>(HasSubstr("No space left")));
}

TEST_F(AtomicFileTest, the_old_stays_where_the_name_cannot_be_taken) {
    AtomicFile file{path_};
    file.write("text");
    fs::create_directory(path_);
    EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<FileError>(HasSubstr("Is a directory")));
    EXPECT_TRUE(fs::is_directory(path_));
}

}  // namespace
}  // namespace rankpool
