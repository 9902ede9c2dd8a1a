// SPDX-License-Identifier: MIT
#include "rankpool/core/buffer.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

TEST(DeadlineTest, passes_when_its_time_has_come) {
    Deadline const soon = Deadline::after(20ms);
    EXPECT_FALSE(soon.passed());
    EXPECT_LE(*soon.remaining(), 20ms);
    EXPECT_GT(*soon.remaining(), 0ms);
    while (!soon.passed()) {
    }
    EXPECT_EQ(*soon.remaining(), 0ms);
}

TEST(DeadlineTest, never_has_no_rest) {
    EXPECT_FALSE(Deadline::never().passed());
    EXPECT_TRUE(Deadline::never().is_never());
    EXPECT_FALSE(Deadline::never().remaining());
}

TEST(DeadlineTest, takes_what_a_person_may_give) {
    EXPECT_TRUE(Deadline::after(0s).passed());
    EXPECT_TRUE(Deadline::after(-5s).passed());
    EXPECT_EQ(Deadline::after(-5s).remaining(), 0s);
    EXPECT_TRUE(Deadline::after(std::chrono::hours::max()).is_never());
    EXPECT_TRUE(
        Deadline::after(std::chrono::duration<double>{std::numeric_limits<double>::infinity()}).is_never());
    Deadline const fraction = Deadline::after(std::chrono::duration<double>{0.5});
    EXPECT_GT(*fraction.remaining(), 400ms);
    EXPECT_LE(*fraction.remaining(), 500ms);
}

/// The status that waitpid gives for a process that lives `life`.
template <class Life>
int status_after(Life life) {
    pid_t const child = ::fork();
    if (child == 0) {
        life();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

TEST(ErrorTest, remote_error_names_all_it_knows) {
    RemoteError const error{"std::out_of_range", "no such key", Origin{3, "node7", 42}};
    EXPECT_STREQ(error.what(), "std::out_of_range: no such key (raised by task 42 on rank 3, host node7)");
    EXPECT_EQ(error.type_name(), "std::out_of_range");
    EXPECT_EQ(error.message(), "no such key");
    EXPECT_EQ(error.rank(), 3);
    EXPECT_EQ(error.host(), "node7");
    EXPECT_EQ(error.input_index(), 42U);
}

TEST(ErrorTest, worker_lost_tells_signal_or_exit_code) {
    WorkerLost const killed{status_after([] { ::kill(::getpid(), SIGKILL); }), "", Origin{1, "here", 2}};
    EXPECT_STREQ(killed.what(), "the worker of task 2 on rank 1, host here was ended by signal 9 (Killed)");
    EXPECT_EQ(killed.signal(), SIGKILL);
    EXPECT_FALSE(killed.exit_code());
    WorkerLost const left{status_after([] { ::_exit(3); }), "it did", Origin{1, "here", 2}};
    EXPECT_STREQ(left.what(), "the worker of task 2 on rank 1, host here left with exit code 3 (it did)");
    EXPECT_EQ(left.exit_code(), 3);
    EXPECT_FALSE(left.signal());
}

template <class Thrown>
CaughtError caught(Thrown const& what) {
    try {
        throw what;
    } catch (...) {
        return describe_current_exception();
    }
}

TEST(ErrorTest, tells_an_uncaught_remote_error_with_its_origin) {
    try {
        throw RemoteError{"std::domain_error", "negative", Origin{1, "here", 2}};
    } catch (...) {
        EXPECT_EQ(
            text_of_current_exception(),
            "rankpool::RemoteError: std::domain_error: negative (raised by task 2 on rank 1, host here)");
    }
    try {
        throw std::domain_error("negative");
    } catch (...) {
        EXPECT_EQ(text_of_current_exception(), "std::domain_error: negative");
    }
}

struct Odd {};

TEST(ErrorTest, describes_whatever_is_thrown) {
    EXPECT_EQ(caught(std::domain_error("text")).type_name, "std::domain_error");
    EXPECT_EQ(caught(std::domain_error("text")).message, "text");
    EXPECT_EQ(caught(42).type_name, "int");
    EXPECT_EQ(caught(42).message, "42");
    EXPECT_EQ(caught(std::string{"word"}).message, "word");
    EXPECT_EQ(caught("literal").message, "literal");
    EXPECT_EQ(caught(static_cast<char const*>(nullptr)).message, "");
    EXPECT_EQ(caught(Odd{}).type_name, "rankpool::(anonymous namespace)::Odd");
    EXPECT_EQ(caught(UsageError{"wrong"}).type_name, "rankpool::UsageError");
    // What came from afar keeps its first name.
    EXPECT_EQ(caught(RemoteError{"Far", "away", {}}).type_name, "Far");
    EXPECT_EQ(caught(RemoteError{"Far", "away", {}}).message, "away");
}

struct Mute : std::exception {
    [[nodiscard]] char const* what() const noexcept override { return nullptr; }
};

TEST(ErrorTest, an_exception_without_a_text_has_an_empty_one) {
    EXPECT_EQ(caught(Mute{}).type_name, "rankpool::(anonymous namespace)::Mute");
    EXPECT_EQ(caught(Mute{}).message, "");
    EXPECT_EQ(text_of(Mute{}), "");
}

/// What is told of `outer` thrown with what `throw_inner` throws nested in it.
template <class Outer, class ThrowInner>
CaughtError nested(Outer const& outer, ThrowInner throw_inner) {
    try {
        try {
            throw_inner();
        } catch (...) {
            std::throw_with_nested(outer);
        }
    } catch (...) {
        return describe_current_exception();
    }
    return {};
}

void throw_deep(int depth) {
    try {
        if (depth > 0) throw_deep(depth - 1);
        throw std::range_error("innermost");
    } catch (...) {
        if (depth == 0) throw;
        std::throw_with_nested(std::runtime_error("level " + std::to_string(depth)));
    }
}

TEST(ErrorTest, tells_the_causes_that_are_nested_in_what_is_thrown) {
    auto const disk =
        nested(std::runtime_error("cannot save"), [] { throw std::runtime_error("disk full"); });
    EXPECT_EQ(disk.type_name, "std::runtime_error");
    EXPECT_EQ(disk.message, "cannot save; caused by std::runtime_error: disk full");
    auto const odd = nested(Odd{}, [] { throw 42; });
    EXPECT_EQ(odd.type_name, "rankpool::(anonymous namespace)::Odd");
    EXPECT_NE(odd.message.find("; caused by int: 42"), std::string::npos) << odd.message;
    auto const far = nested(std::logic_error("here"), [] { throw RemoteError{"Far", "away", {}}; });
    EXPECT_EQ(far.message, "here; caused by Far: away");
    auto const mute = nested(Mute{}, [] { throw Mute{}; });
    EXPECT_EQ(mute.message, "; caused by rankpool::(anonymous namespace)::Mute: ");
    try {
        throw_deep(3);
    } catch (...) {
        EXPECT_EQ(describe_current_exception().message,
                  "level 3; caused by std::runtime_error: level 2; caused by std::runtime_error: level 1; "
                  "caused by std::range_error: innermost");
    }
    try {
        throw_deep(1000);
    } catch (...) {
        EXPECT_LT(describe_current_exception().message.size(), 5000U);
    }
    try {
        std::throw_with_nested(std::runtime_error("of nothing"));
    } catch (...) {
        EXPECT_EQ(describe_current_exception().message, "of nothing");
    }
}

TEST(UniqueFdTest, closes_what_it_owns_once) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    UniqueFd const reader{ends[0]};
    UniqueFd writer{ends[1]};
    UniqueFd moved = std::move(writer);
    char byte = 0;
    EXPECT_EQ(::write(moved.get(), "x", 1), 1);
    EXPECT_EQ(::read(reader.get(), &byte, 1), 1);
    moved.reset();
    EXPECT_FALSE(moved);
    EXPECT_EQ(::read(reader.get(), &byte, 1), 0) << "the other end is closed";
}

TEST(BufferTest, copies_what_it_is_given) {
    std::vector<std::byte> bytes(100, std::byte{7});
    Buffer const buffer{std::span<std::byte const>{bytes}};
    bytes[3] = std::byte{8};
    EXPECT_EQ(buffer.size(), 100U);
    EXPECT_EQ(buffer.bytes()[3], std::byte{7});
    EXPECT_EQ(Buffer{}.bytes().size(), 0U);
}

}  // namespace
}  // namespace rankpool
