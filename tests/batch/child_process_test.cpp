// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/child_process.hpp"

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/core/process_tree.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

ChildOptions const whole_tree{.whole_tree = true};

ChildResult shell(std::string const& script, ChildOptions const& options = whole_tree) {
    return run_child({"/bin/sh", "-c", script}, options);
}

class ChildProcessTest : public testing::Test {
  protected:
    ChildProcessTest() {
        adopt_orphans();
        std::filesystem::create_directories(folder_);
    }
    ~ChildProcessTest() override { std::filesystem::remove_all(folder_); }

    std::string file(std::string const& name, std::string const& text, mode_t mode) {
        std::string const path = folder_ / name;
        std::ofstream{path, std::ios::binary} << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    static std::string error_of(std::vector<std::string> const& words) {
        try {
            run_child(words, whole_tree);
        } catch (Error const& error) {
            return error.what();
        }
        return "it has started";
    }
    /// Whether a process of this test is there, whose number is in the file.
    [[nodiscard]] bool lives(std::string const& name) const {
        std::ifstream in{folder_ / name};
        pid_t pid = 0;
        EXPECT_TRUE(in >> pid) << name;
        return ::kill(pid, 0) == 0;
    }

    std::filesystem::path folder_ =
        std::filesystem::path{testing::TempDir()} / ("child_process_test." + std::to_string(::getpid()));
};

TEST_F(ChildProcessTest, words_come_through_with_every_byte) {
    std::vector<std::string> words{"/bin/sh", "-c", R"(for i; do printf '%s|' "$i"; done)", "sh"};
    std::string expected;
    std::string all;
    for (int byte = 1; byte < 256; ++byte) {
        all += static_cast<char>(byte);
        words.emplace_back(1, static_cast<char>(byte));
    }
    words.push_back(all);
    words.emplace_back();
    words.emplace_back(100 * 1024, 'x');
    words.emplace_back(131071, 'y');
    for (std::size_t i = 4; i < words.size(); ++i) expected += words[i] + '|';
    auto const result = run_child(words, whole_tree);
    EXPECT_EQ(result.out, expected);
    EXPECT_EQ(result.out_bytes, expected.size());
}

TEST_F(ChildProcessTest, output_of_any_bytes_and_length_is_kept) {
    auto const result = shell("head -c 20000000 /dev/zero; printf '\\377\\0\\n'; printf 'e\\0r\\n' >&2");
    EXPECT_EQ(result.out, std::string(20000000, '\0') + std::string("\377\0\n", 3));
    EXPECT_EQ(result.err, std::string("e\0r\n", 4));
    EXPECT_EQ(result.out_bytes, 20000003U);
    EXPECT_EQ(result.err_bytes, 4U);
    EXPECT_TRUE(result.is_out_whole);
}

TEST_F(ChildProcessTest, of_more_than_the_limit_both_ends_are_kept) {
    ChildOptions const options{.most_out = 100, .most_err = 100, .part = 20, .whole_tree = true};
    auto const whole = shell("printf %0100d 7; printf %0100d 8 >&2", options);
    EXPECT_EQ(whole.out, std::string(99, '0') + "7");
    EXPECT_EQ(whole.err, std::string(99, '0') + "8");
    EXPECT_TRUE(whole.is_out_whole);
    auto const cut =
        shell("printf b%099d 0; seq 10000 >&2; sleep 0.05; printf %0100d 7; printf end", options);
    EXPECT_EQ(cut.out, "b" + std::string(19, '0') + "\n[... 163 bytes are left out here by rankpool ...]\n" +
                           std::string(16, '0') + "7end");
    EXPECT_EQ(cut.out_bytes, 203U);
    EXPECT_FALSE(cut.is_out_whole);
    EXPECT_THAT(cut.err, StartsWith("1\n2\n3\n4\n5\n6\n7\n8\n9\n10"));
    EXPECT_THAT(cut.err, EndsWith("]\n997\n9998\n9999\n10000\n"));
    EXPECT_EQ(cut.err_bytes, 48894U);
}

TEST_F(ChildProcessTest, a_command_is_over_when_its_process_is) {
    auto const start = Clock::now();
    // Last words within the grace are kept.
    auto const result = shell("(sleep 0.02; echo late; exec sleep 30) & echo started");
    EXPECT_LT(Clock::now() - start, 5s);
    EXPECT_EQ(result.out, "started\nlate\n");
    EXPECT_EQ(result.wait_status, 0);
}

TEST_F(ChildProcessTest, nothing_stays_whatever_it_has_left) {
    for (std::string const start :
         {"sleep 30 &", "setsid sleep 30 </dev/null >/dev/null 2>&1 &",
          "(setsid sh -c 'sleep 30 & echo $! > inner; wait' </dev/null >/dev/null 2>&1 &);",
          "trap '' TERM HUP; sleep 30 &", "sleep 30 & kill -STOP $!;"}) {
        std::filesystem::remove(folder_ / "inner");
        auto const result = shell("cd " + folder_.string() + "; " + start + " echo $! > outer; sleep 0.2");
        EXPECT_EQ(result.wait_status, 0);
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << start;
        if (std::filesystem::exists(folder_ / "inner")) {
            EXPECT_FALSE(lives("inner")) << start;
        } else {
            EXPECT_FALSE(lives("outer")) << start;
        }
    }
}

TEST_F(ChildProcessTest, children_from_before_are_let_alone) {
    pid_t const other = ::fork();
    if (other == 0) {
        ::pause();
        ::_exit(0);
    }
    shell("sleep 30 & exit 3");
    EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0);
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
}

TEST_F(ChildProcessTest, one_that_is_given_up_is_killed_with_all_it_has_started) {
    {
        ChildProcess child{
            {"/bin/sh", "-c",
             "cd " + folder_.string() + "; trap '' TERM; setsid sleep 30 & echo $! > inner; wait"},
            whole_tree};
        while (!std::filesystem::exists(folder_ / "inner") ||
               std::filesystem::file_size(folder_ / "inner") == 0) {
            EXPECT_FALSE(child.wait(Deadline::after(5ms)));
        }
    }
    EXPECT_FALSE(lives("inner"));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST_F(ChildProcessTest, one_that_closes_its_streams_is_waited_for) {
    auto const start = Clock::now();
    auto const result = shell("exec >&- 2>&-; sleep 0.3; exit 4");
    EXPECT_GE(Clock::now() - start, 300ms);
    EXPECT_EQ(WEXITSTATUS(result.wait_status), 4);
}

TEST_F(ChildProcessTest, one_that_stops_itself_can_be_waited_for_and_given_up) {
    ChildProcess child{{"/bin/sh", "-c", "kill -STOP $$"}, whole_tree};
    EXPECT_FALSE(child.wait(Deadline::after(100ms)));
}

TEST_F(ChildProcessTest, the_memory_of_all_that_a_command_has_started_counts) {
    ChildOptions const options{.memory_limit = 50'000'000, .whole_tree = true};
    auto const start = Clock::now();
    for (std::string const& script :
         {std::string{"head -c 100M /dev/zero | tail -c 100M | sleep 5"},
          std::string{"(setsid sh -c 'head -c 100M /dev/zero | tail -c 100M | sleep 5' &); sleep 5"},
          std::string{"for i in 1 2 3 4; do (head -c 30M /dev/zero | tail -c 30M | sleep 5) & done; wait"}}) {
        auto const result = shell(script, options);
        EXPECT_TRUE(result.is_over_memory) << script;
        EXPECT_GT(result.peak_memory, 50'000'000) << script;
        EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    }
    EXPECT_LT(Clock::now() - start, 15s);
    EXPECT_FALSE(shell("exit 0", options).is_over_memory);
}

TEST_F(ChildProcessTest, what_does_not_start_is_told_with_its_reason) {
    std::string const crlf = file("crlf", "#!/bin/sh\r\necho hi\r\n", 0755);
    std::string const interpreter = file("interpreter", "#! /usr/bin/nosuchinterpreter -x\n", 0755);
    std::string const mode = file("mode", "#!/bin/sh\n", 0644);
    std::string const other = file("other",
                                   std::string{"\x7f"
                                               "ELF\2\1\1\0\0\0",
                                               10},
                                   0755);
    struct Case {
        std::vector<std::string> words;
        std::vector<std::string> parts;
    };
    for (auto const& [words, parts] : std::vector<Case>{
             {{crlf}, {"/bin/sh\\r", "carriage return", "dos2unix"}},
             {{interpreter}, {"/usr/bin/nosuchinterpreter", "no such file"}},
             {{mode}, {"may not be executed", "chmod +x?"}},
             {{other}, {"program for this kind of machine"}},
             {{folder_.string()}, {"it is a folder"}},
             {{"/bin/true", std::string(200'000, 'x')}, {"its word 2 has 200000 bytes", "131071"}},
             {{"no-such-program-anywhere"}, {"No such file or directory", "in PATH?"}},
             {{folder_ / "missing"}, {"there is no such file"}},
             {{""}, {"its name is empty"}},
             {{"/bin/echo", std::string("a\0b", 3)}, {"NUL", "null byte", "word 2"}},
         }) {
        std::string const error = error_of(words);
        EXPECT_THAT(error, StartsWith("cannot start "));
        for (auto const& part : parts) EXPECT_THAT(error, HasSubstr(part));
    }
    std::vector<std::string> many(200, std::string(130'000, 'x'));
    many.front() = "/bin/true";
    EXPECT_THAT(error_of(many), HasSubstr("they may have"));
    auto const before = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
    EXPECT_THAT(error_of({"crlf"}), HasSubstr("Write ./crlf?"));
    std::filesystem::current_path(before);
}

TEST_F(ChildProcessTest, a_script_without_a_first_line_is_run_by_the_shell) {
    auto const result =
        run_child({file("script", "echo no shebang \"$1\" $#\n", 0755), "a b", ""}, whole_tree);
    EXPECT_EQ(result.out, "no shebang a b 2\n");
    EXPECT_EQ(run_child({file("empty", "", 0755)}, whole_tree).wait_status, 0);
}

TEST_F(ChildProcessTest, a_program_that_is_being_written_is_waited_for) {
    std::filesystem::copy_file("/bin/true", folder_ / "busy");
    int const writer = ::open((folder_ / "busy").c_str(), O_WRONLY | O_CLOEXEC);
    std::thread later{[writer] {
        std::this_thread::sleep_for(200ms);
        ::close(writer);
    }};
    EXPECT_EQ(run_child({folder_ / "busy"}).wait_status, 0);
    later.join();
}

TEST_F(ChildProcessTest, what_the_node_lacks_for_a_moment_is_waited_for) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
    std::thread later{[&before] {
        std::this_thread::sleep_for(200ms);
        ::setrlimit(RLIMIT_NOFILE, &before);
    }};
    EXPECT_EQ(run_child({"/bin/echo", "now"}).out, "now\n");
    later.join();
}

TEST_F(ChildProcessTest, it_ends_with_the_process_that_has_started_it) {
    std::string const out = folder_ / "pid";
    pid_t const parent = ::fork();
    if (parent == 0) {
        run_child({"/bin/sh", "-c", "echo $$ > " + out + "; exec sleep 30"}, whole_tree);
        ::_exit(0);
    }
    while (!std::filesystem::exists(out) || std::filesystem::file_size(out) == 0)
        std::this_thread::sleep_for(1ms);
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    // This process adopts it.
    EXPECT_GT(::waitpid(-1, nullptr, 0), 0);
    EXPECT_FALSE(lives("pid"));
}

TEST_F(ChildProcessTest, a_request_to_end_goes_to_the_command_first) {
    std::string const out = folder_ / "said";
    pid_t const parent = ::fork();
    if (parent == 0) {
        ::signal(SIGTERM, SIG_DFL);
        run_child(
            {"/bin/sh", "-c",
             "trap 'echo bye > " + out + "; exit 0' TERM; kill -TERM $PPID; while :; do sleep 0.01; done"},
            whole_tree);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(parent, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace rankpool::batch
