// SPDX-License-Identifier: MIT
#include "jobs/parts/new_file.hpp"

#include "rankpool/batch/job.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using rankpool::batch::InputError;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class NewFileTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "new_file_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    static std::string content(fs::path const& file) {
        std::ifstream in{file};
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{});
    }

    fs::path folder_;
};

TEST_F(NewFileTest, appears_when_committed_and_replaces_what_was_there) {
    fs::path const path = folder_ / "out.csv";
    std::ofstream{path} << "old";
    {
        jobs::NewFile file{path};
        file.write("new ");
        file.write("text");
        EXPECT_EQ(content(path), "old");
        file.commit();
    }
    EXPECT_EQ(content(path), "new text");
    EXPECT_EQ(files(), 1);
}

TEST_F(NewFileTest, without_commit_nothing_is_left) {
    fs::path const path = folder_ / "out.csv";
    jobs::NewFile{path}.write("half");
    jobs::NewFile::check(path);
    EXPECT_EQ(files(), 0);
}

TEST_F(NewFileTest, follows_a_link) {
    std::ofstream{folder_ / "real"} << "old";
    fs::create_symlink("real", folder_ / "link");
    jobs::NewFile file{folder_ / "link"};
    file.write("new");
    file.commit();
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(content(folder_ / "real"), "new");
}

TEST_F(NewFileTest, a_device_stays_a_device) {
    jobs::NewFile file{"/dev/null"};
    file.write("gone");
    file.commit();
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(NewFileTest, a_failure_names_the_file) {
    EXPECT_THAT(
        [&] { jobs::NewFile{folder_ / "no" / "out.csv"}; },
        ThrowsMessage<InputError>(AllOf(HasSubstr("no/out.csv"), HasSubstr("No such file or directory"))));
    EXPECT_THAT([&] { jobs::NewFile{folder_}; }, ThrowsMessage<InputError>(HasSubstr("Is a directory")));
}

TEST_F(NewFileTest, a_full_disk_is_an_error) {
    jobs::NewFile file{"/dev/full"};
    file.write("text");
    EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<InputError>(HasSubstr("No space left")));
}

}  // namespace
