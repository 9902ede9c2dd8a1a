// SPDX-License-Identifier: MIT
#include "rankpool/fork/fork_server.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/pause.hpp"

#include "tests/system/processes.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <map>
#include <thread>

namespace rankpool::supervisor {
namespace {

using namespace std::chrono_literals;
using What = ForkServer::Notice::What;

/// What a worker does, by its slot.
enum class Life : std::uint32_t { leave = 100, echo, wait, ignore_sigterm, throw_up, with_child, with_tree };

Birth birth(Life life, std::uint32_t generation = 1) {
    return {Slot{static_cast<std::uint32_t>(life)}, Generation{generation}, WorkerKind::pool_member};
}

/// Tells its parent that it is under way: a byte on the link's socket.
void say_hello(UniqueFd const& socket) {
    (void)!::write(socket.get(), "x", 1);
}

int live(Birth const& given, UniqueFd memory, UniqueFd socket) {
    switch (static_cast<Life>(given.slot.value)) {
        case Life::leave:
            return 7;
        case Life::echo: {
            link::Link link{link::Side::worker, std::move(memory), std::move(socket)};
            while (!link.in().next()) ::sched_yield();
            (void)link.out().push(
                link::header_of(link::FrameKind::part, {}, {}, PoolId{given.generation.value}), {});
            return 0;
        }
        case Life::ignore_sigterm:
            ::signal(SIGTERM, SIG_IGN);
            break;
        case Life::throw_up:
            throw std::runtime_error("a worker that throws");
        case Life::with_child:
            if (::fork() == 0) {
                say_hello(socket);
                for (;;) ::pause();
            }
            break;
        case Life::with_tree:
            if (::fork() == 0) {
                ::setsid();
                if (::fork() == 0) ::setsid();
                pid_t const self = ::getpid();
                (void)!::write(socket.get(), &self, sizeof self);
                for (;;) ::pause();
            }
            for (;;) ::pause();
        case Life::wait:
            break;
    }
    say_hello(socket);
    for (;;) ::pause();
}

ForkServer::Notice wait_for_notice(ForkServer& forks) {
    while (true) {
        if (auto notice = forks.next_notice()) return std::move(*notice);
        pollfd fd{forks.fd(), POLLIN, 0};
        pause(std::span{&fd, 1}, -1);
    }
}

/// Waits for `n` bytes of hello.
void wait_for_hello(ForkServer::Notice const& born, int n = 1) {
    for (char byte = 0; n > 0; --n) {
        pollfd fd{born.socket.get(), POLLIN, 0};
        pause(std::span{&fd, 1}, -1);
        ASSERT_EQ(::read(born.socket.get(), &byte, 1), 1);
    }
}

/// Waits until there is no process in the group.
void wait_until_gone(pid_t group) {
    while (support::group_is_running(group)) std::this_thread::sleep_for(1ms);
}

TEST(ForkServerTest, tells_of_births_and_ends) {
    ForkServer forks{live};
    forks.spawn(birth(Life::leave, 5));
    auto const born = wait_for_notice(forks);
    EXPECT_EQ(born.what, What::born);
    EXPECT_EQ(born.birth.slot, birth(Life::leave).slot);
    EXPECT_EQ(born.birth.generation, Generation{5});
    EXPECT_GT(born.pid, 0);
    EXPECT_TRUE(born.memory);
    EXPECT_TRUE(born.socket);
    auto const ended = wait_for_notice(forks);
    EXPECT_EQ(ended.what, What::ended);
    EXPECT_EQ(ended.pid, born.pid);
    EXPECT_EQ(ended.birth.generation, Generation{5});
    ASSERT_TRUE(WIFEXITED(ended.status));
    EXPECT_EQ(WEXITSTATUS(ended.status), 7);
    EXPECT_FALSE(forks.next_notice());
}

TEST(ForkServerTest, an_error_of_a_worker_ends_that_worker_only) {
    ForkServer forks{live};
    forks.spawn(birth(Life::throw_up));
    EXPECT_EQ(wait_for_notice(forks).what, What::born);
    auto const ended = wait_for_notice(forks);
    EXPECT_EQ(ended.what, What::ended);
    ASSERT_TRUE(WIFEXITED(ended.status));
    EXPECT_EQ(WEXITSTATUS(ended.status), 70);
    forks.spawn(birth(Life::leave));
    EXPECT_EQ(wait_for_notice(forks).what, What::born);
    EXPECT_EQ(WEXITSTATUS(wait_for_notice(forks).status), 7);
}

TEST(ForkServerTest, gives_the_two_ends_of_one_link) {
    ForkServer forks{live};
    for (std::uint32_t generation = 1; generation < 20; ++generation) {
        forks.spawn(birth(Life::echo, generation));
        auto born = wait_for_notice(forks);
        ASSERT_EQ(born.what, What::born);
        link::Link link{link::Side::supervisor, std::move(born.memory), std::move(born.socket)};
        ASSERT_TRUE(link.out().push(link::header_of(link::FrameKind::part, {}, {}), {}));
        ASSERT_EQ(wait_for_notice(forks).what, What::ended);
        auto const answer = link.in().next();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->header.pool, PoolId{generation});
    }
}

TEST(ForkServerTest, signals_the_worker_that_is_meant) {
    ForkServer forks{live};
    forks.spawn(birth(Life::wait, 1));
    forks.spawn(birth(Life::ignore_sigterm, 1));
    auto const first = wait_for_notice(forks);
    auto const second = wait_for_notice(forks);
    wait_for_hello(first);
    wait_for_hello(second);
    forks.signal(birth(Life::wait, 2), SIGKILL);  // none of that generation
    forks.signal(birth(Life::ignore_sigterm, 1), SIGTERM);
    forks.signal(birth(Life::wait, 1), SIGTERM);
    auto const ended = wait_for_notice(forks);
    EXPECT_EQ(ended.pid, first.pid);
    EXPECT_EQ(WTERMSIG(ended.status), SIGTERM);
    forks.signal(birth(Life::ignore_sigterm, 1), SIGKILL);
    EXPECT_EQ(wait_for_notice(forks).pid, second.pid);
}

TEST(ForkServerTest, many_at_once) {
    ForkServer forks{live};
    constexpr std::uint32_t count = 200;
    for (std::uint32_t i = 0; i < count; ++i) forks.spawn(birth(Life::leave, i));
    std::map<pid_t, int> notices;
    for (std::uint32_t i = 0; i < 2 * count; ++i) ++notices[wait_for_notice(forks).pid];
    EXPECT_EQ(notices.size(), count);
    for (auto const& [pid, seen] : notices) EXPECT_EQ(seen, 2);
}

TEST(ForkServerTest, what_a_worker_has_started_ends_with_it) {
    ForkServer forks{live};
    forks.spawn(birth(Life::with_child));
    auto const born = wait_for_notice(forks);
    wait_for_hello(born, 2);
    forks.signal(birth(Life::with_child), SIGKILL);
    EXPECT_EQ(wait_for_notice(forks).what, What::ended);
    wait_until_gone(born.pid);
}

TEST(ForkServerTest, what_a_worker_has_left_does_not_pass_for_the_main_workers) {
    for (int i = 0; i < 10; ++i) {
        std::array<pid_t, 2> tree{};
        {
            ForkServer forks{live};
            Birth const main{Slot{static_cast<std::uint32_t>(Life::wait)}, Generation{2}, WorkerKind::main};
            forks.spawn(main);
            wait_for_hello(wait_for_notice(forks));
            forks.spawn(birth(Life::with_tree));
            auto const born = wait_for_notice(forks);
            for (pid_t& process : tree) {
                pollfd fd{born.socket.get(), POLLIN, 0};
                pause(std::span{&fd, 1}, -1);
                ASSERT_EQ(::read(born.socket.get(), &process, sizeof process),
                          static_cast<ssize_t>(sizeof process));
            }
            forks.signal(birth(Life::with_tree), SIGKILL);
            EXPECT_EQ(wait_for_notice(forks).what, What::ended);
            forks.signal(main, SIGKILL);
            EXPECT_EQ(wait_for_notice(forks).what, What::ended);
        }
        for (pid_t const process : tree) {
            EXPECT_FALSE(support::group_is_running(process));
            ::kill(process, SIGKILL);
        }
    }
}

TEST(ForkServerTest, stop_ends_all_of_them) {
    std::vector<pid_t> pids;
    {
        ForkServer forks{live};
        for (Life const life : {Life::wait, Life::ignore_sigterm, Life::with_child}) {
            forks.spawn(birth(life));
            auto const born = wait_for_notice(forks);
            wait_for_hello(born, life == Life::with_child ? 2 : 1);
            pids.push_back(born.pid);
        }
    }
    for (pid_t const pid : pids) wait_until_gone(pid);
}

TEST(ForkServerTest, everything_ends_with_the_supervisor) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    pid_t const supervisor = ::fork();
    if (supervisor == 0) {
        ForkServer forks{live};
        forks.spawn(birth(Life::ignore_sigterm));
        auto const born = wait_for_notice(forks);
        wait_for_hello(born);
        (void)!::write(pipe[1], &born.pid, sizeof born.pid);
        ::kill(::getpid(), SIGKILL);
    }
    pid_t worker = 0;
    ASSERT_EQ(::read(pipe[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
    ::waitpid(supervisor, nullptr, 0);
    wait_until_gone(worker);
    for (int const end : pipe) ::close(end);
}

TEST(ForkServerTest, its_death_is_noticed_and_ends_the_workers) {
    ForkServer forks{live};
    forks.spawn(birth(Life::ignore_sigterm));
    auto const born = wait_for_notice(forks);
    wait_for_hello(born);
    pid_t const server = support::parent_of(born.pid);
    ASSERT_GT(server, 1);
    ::kill(server, SIGKILL);
    EXPECT_THROW(while (true) wait_for_notice(forks), Error);
    wait_until_gone(born.pid);
}

/// What is left of `limit` while this lives.
class Limited {
  public:
    Limited(int limit, rlim_t value) : limit_(limit) {
        ::getrlimit(resource(), &usual_);
        rlimit const less{value, usual_.rlim_max};
        ::setrlimit(resource(), &less);
    }
    ~Limited() { ::setrlimit(resource(), &usual_); }
    Limited(Limited const&) = delete;

  private:
    [[nodiscard]] __rlimit_resource resource() const { return static_cast<__rlimit_resource>(limit_); }
    int limit_;
    rlimit usual_{};
};

/// However few descriptors are left here, a worker comes with its two, or is told to be unborn and goes.
TEST(ForkServerTest, descriptors_that_run_out_are_told) {
    ForkServer forks{live};
    for (rlim_t room = 0; room <= 3; ++room) {
        auto const generation = static_cast<std::uint32_t>(room + 1);
        forks.spawn(birth(Life::wait, generation));
        UniqueFd next{::dup(STDIN_FILENO)};
        auto const lowest = static_cast<rlim_t>(next.get());
        next.reset();
        std::optional<ForkServer::Notice> notice;
        // The end of one that was turned away may come first, and is not told.
        while (!notice) {
            pollfd fd{forks.fd(), POLLIN, 0};
            pause(std::span{&fd, 1}, -1);
            Limited const few{RLIMIT_NOFILE, lowest + room};
            notice = forks.next_notice();
        }
        if (room < 2) {
            EXPECT_EQ(notice->what, What::unborn);
            EXPECT_EQ(notice->status, EMFILE);
            EXPECT_FALSE(notice->memory || notice->socket);
        } else {
            EXPECT_EQ(notice->what, What::born);
            EXPECT_TRUE(notice->memory && notice->socket);
            forks.signal(birth(Life::wait, generation), SIGKILL);
            EXPECT_EQ(wait_for_notice(forks).what, What::ended);
        }
    }
    // What was turned away is not told of any more.
    forks.spawn(birth(Life::leave, 9));
    EXPECT_EQ(wait_for_notice(forks).birth.slot, birth(Life::leave).slot);
    EXPECT_EQ(wait_for_notice(forks).birth.slot, birth(Life::leave).slot);
}

/// More descriptors on their way than a low limit allows, while nobody takes them.
TEST(ForkServerTest, many_births_at_once_with_a_low_limit_are_all_told) {
    Limited const low{RLIMIT_NOFILE, 64};
    ForkServer forks{live};
    constexpr std::uint32_t count = 60;
    for (std::uint32_t i = 1; i <= count; ++i) forks.spawn(birth(Life::leave, i));
    std::this_thread::sleep_for(200ms);
    std::map<std::uint32_t, int> told;
    for (std::uint32_t i = 0; i < 2 * count; ++i) ++told[wait_for_notice(forks).birth.generation.value];
    EXPECT_EQ(told.size(), count);
}

TEST(ForkServerTest, workers_have_the_usual_limit_of_descriptors) {
    Limited const low{RLIMIT_NOFILE, 77};
    ForkServer forks{[](Birth const&, UniqueFd, UniqueFd) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        return static_cast<int>(limit.rlim_cur);
    }};
    forks.spawn(birth(Life::leave));
    EXPECT_EQ(wait_for_notice(forks).what, What::born);
    EXPECT_EQ(WEXITSTATUS(wait_for_notice(forks).status), 77);
}

/// As another user than root, who may always fork: no process for some time, and then one.
TEST(ForkServerTest, a_fork_that_fails_for_a_moment_is_waited_out) {
    constexpr uid_t nobody = 65534;
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become a user without other processes";
    pid_t const child = ::fork();
    if (child == 0) {
        if (::setgid(nobody) != 0 || ::setuid(nobody) != 0) ::_exit(1);
        ForkServer forks{live};
        forks.spawn(birth(Life::wait));
        pid_t const server = support::parent_of(wait_for_notice(forks).pid);
        rlimit usual{};
        rlimit const none{0, 4096};
        if (::prlimit(server, RLIMIT_NPROC, &none, &usual) != 0) ::_exit(3);
        forks.spawn(birth(Life::leave, 2));
        std::this_thread::sleep_for(300ms);
        if (forks.next_notice()) ::_exit(4);
        rlimit const enough{4096, 4096};
        if (::prlimit(server, RLIMIT_NPROC, &enough, nullptr) != 0) ::_exit(5);
        ::_exit(wait_for_notice(forks).what == What::born ? 0 : 6);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace rankpool::supervisor
