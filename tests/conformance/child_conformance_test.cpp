// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of what a process gets from
// the one that starts it, named as there.
#include "tests/conformance/support.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace rankpool {
namespace {

using namespace support;

void nothing() {}
void wait_for_ever() {
    wait_for_the_end();
}

void put_none(Queue<std::string> said) {
    said.put("none");
}
void put_two(Queue<std::string> said, int number, std::string const& text) {
    said.put(text + std::to_string(number));
}

TEST(ConformanceProcess, test_args_argument) {
    auto said = context().queue<std::string>();
    auto none = start_far<put_none>(said);
    EXPECT_EQ(said.get(), "none");
    auto two = start_far<put_two>(said, 7, "seven is ");
    EXPECT_EQ(said.get(), "seven is 7");
    auto lambda = context().process(
        [](Queue<std::string> to, std::vector<int> const& all) { to.put(std::to_string(all.size())); }, said,
        std::vector<int>{1, 2, 3});
    lambda.start();
    EXPECT_EQ(said.get(), "3");
    EXPECT_EQ(code_of(none) + code_of(two) + code_of(lambda), 0);
}

void say_whether_children_are_daemons(Queue<bool> said) {
    said.put(context().process<nothing>().daemon());
    said.put(context().process<nothing>(ProcessOptions{.daemon = true}).daemon());
    said.put(context().process<nothing>(ProcessOptions{.daemon = false}).daemon());
}

TEST(ConformanceProcess, test_daemon_argument) {
    EXPECT_FALSE(context().process<nothing>().daemon());
    EXPECT_TRUE(context().process<nothing>(ProcessOptions{.daemon = true}).daemon());
    EXPECT_FALSE(context().process<nothing>(ProcessOptions{.daemon = false}).daemon());
    auto said = context().queue<bool>();
    auto daemon = context().process<say_whether_children_are_daemons>({.daemon = true}, said);
    daemon.start();
    EXPECT_TRUE(said.get());
    EXPECT_TRUE(said.get());
    EXPECT_FALSE(said.get());
    EXPECT_EQ(code_of(daemon), 0);
}

// Python's ends with 1, by its KeyboardInterrupt.
TEST(ConformanceProcess, test_interrupt_no_handler) {
    auto process = start_far<wait_for_ever>();
    ::kill(process.pid().value(), SIGINT);
    EXPECT_EQ(code_of(process), -SIGINT);
}

TEST(ConformanceProcess, test_a_terminated_one_is_no_child_any_more) {
    auto process = start_far<wait_for_ever>();
    EXPECT_FALSE(process.join(-1s));
    EXPECT_TRUE(process.is_alive());
    process.terminate();
    process.join();
    EXPECT_FALSE(process.is_alive());
    EXPECT_TRUE(active_children().empty());
    EXPECT_EQ(process.exitcode(), -SIGTERM);
}

long descriptors_here() {
    auto const all = std::filesystem::directory_iterator{"/proc/self/fd"};
    return std::distance(begin(all), end(all));
}
void count_descriptors(Queue<long> found) {
    found.put(descriptors_here());
}

TEST(ConformanceProcess, test_child_fd_inflation) {
    auto found = context().queue<long>();
    std::set<long> all;
    for (int i = 0; i < 5; ++i) {
        auto child = context().process<count_descriptors>({.rank = 0}, found);
        child.start();
        all.insert(found.get());
        EXPECT_EQ(code_of(child), 0);
    }
    EXPECT_EQ(all.size(), 1U);
}

void close_streams() {
    ::close(1);
    ::close(2);
}

TEST(ConformanceProcess, test_error_on_stdio_flush) {
    auto process = start_far<close_streams>();
    EXPECT_EQ(code_of(process), 0);
}

/// Python's class that is a process is an object that is called.
struct Upper {
    Connection<std::string> end;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& end;
    }
    void operator()() {
        auto text = end.recv();
        for (char& letter : text) letter = static_cast<char>(letter - 'a' + 'A');
        end.send(text);
    }
};

TEST(ConformanceProcess, test_subclassing) {
    auto [here, there] = context().pipe<std::string>();
    auto process = context().process(Upper{there});
    process.start();
    here.send("hello");
    EXPECT_EQ(here.recv(), "HELLO");
    EXPECT_EQ(code_of(process), 0);
}

void start_another(Queue<int> said, int depth) {
    said.put(depth);
    if (depth == 0) return;
    auto child = context().process<start_another>(said, depth - 1);
    child.start();
    child.join();
    if (child.exitcode() != 0) rankpool::exit(1);
}

// TestForkAwareThreadLock's test_lock.
TEST(ConformanceProcess, test_five_deep) {
    auto said = context().queue<int>();
    auto process = start_far<start_another>(said, 5);
    EXPECT_EQ(code_of(process), 0);
    for (int depth = 5; depth >= 0; --depth) EXPECT_EQ(said.get(), depth);
}

void put_eight(Queue<int> queue) {
    queue.put(8);
}
void use_own_queue() {
    auto queue = context().queue<int>();
    auto child = context().process<put_eight>(queue);
    child.start();
    if (queue.get() != 8) rankpool::exit(1);
    child.join();
}

TEST(ConformanceProcess, test_queue_in_process) {
    auto process = start_far<use_own_queue>();
    EXPECT_EQ(code_of(process), 0);
}

void say_whether_open(Queue<bool> said, int file) {
    said.put(::fcntl(file, F_GETFD) != -1 || errno != EBADF);
}

TEST(ConformanceProcess, test_closefd) {
    auto said = context().queue<bool>();
    // Inherited by what this process forks itself.
    int const file = ::fcntl(::open("/dev/null", O_RDONLY), F_DUPFD, 300);
    ASSERT_GE(file, 300);
    auto child = context().process<say_whether_open>({.rank = 0}, said, file);
    child.start();
    EXPECT_FALSE(said.get());
    EXPECT_EQ(code_of(child), 0);
    ::close(file);
}

std::string left_word;  // NOLINT: std::atexit takes no arguments
void leave_word() {
    Tally::add(left_word);
}
void ask_for_a_word(std::string const& tally) {
    left_word = tally;
    std::atexit(leave_word);
}

TEST(ConformanceProcess, test_atexit) {
    Tally tally;
    auto process = start_far<ask_for_a_word>(tally.name());
    EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(tally.count(), 1);
}

void say_what_signals_mean(Queue<bool> said) {
    bool all = true;
    for (int const number : {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM}) {
        struct sigaction action {};
        ::sigaction(number, nullptr, &action);
        all = all && action.sa_handler == SIG_DFL;
    }
    said.put(all);
}

// billiard's test_resets_for_SIG_DFL.
TEST(ConformanceProcess, test_signals_have_their_usual_meaning) {
    auto said = context().queue<bool>();
    auto process = start_far<say_what_signals_mean>(said);
    EXPECT_TRUE(said.get());
    EXPECT_EQ(code_of(process), 0);
}

void leave_a_pool() {
    static auto pool = context().pool(1);
    if (pool.apply<square>(4) != 16) rankpool::exit(1);
}

TEST(ConformanceProcess, test_worker_finalization_via_atexit_handler_of_multiprocessing) {
    auto process = start_far<leave_a_pool>();
    EXPECT_EQ(code_of(process), 0);
}

volatile sig_atomic_t signals = 0;
void count_signal(int /*number*/) {
    signals = signals + 1;
}
/// Counts SIGUSR1 in this process meanwhile; a call that it interrupts is not begun again by the system.
class CountsSignals {
  public:
    CountsSignals() {
        struct sigaction action {};
        action.sa_handler = count_signal;
        ::sigaction(SIGUSR1, &action, &before_);
    }
    ~CountsSignals() { ::sigaction(SIGUSR1, &before_, nullptr); }
    CountsSignals(CountsSignals const&) = delete;
    CountsSignals& operator=(CountsSignals const&) = delete;

  private:
    struct sigaction before_ {};
};

void signal_and_end(int pid) {
    for (int i = 0; i < 5; ++i) {
        std::this_thread::sleep_for(5ms);
        ::kill(pid, SIGUSR1);
    }
    std::this_thread::sleep_for(5ms);
}

TEST(ConformanceEintr, test_poll_eintr) {
    CountsSignals const counting;
    signals = 0;
    auto killer = start_far<signal_and_end>(::getpid());
    killer.join();
    EXPECT_EQ(killer.exitcode(), 0);
    EXPECT_GT(signals, 0);
}

void answer_under_signals(Connection<int> end) {
    CountsSignals const counting;
    end.send(0);
    end.send(end.recv() + 1);
    std::vector<std::byte> const large(std::size_t{8} << 20U);
    // More than the pipe holds.
    end.send_bytes(large);
    end.send(static_cast<int>(signals));
}

TEST(ConformanceEintr, test_ignore) {
    auto [here, there] = context().pipe<int>(PipeOptions{.max_bytes = 1U << 20U});
    auto child = start_far<answer_under_signals>(there);
    auto const signal_it = [&, pid = child.pid().value()] {
        for (int i = 0; i < 5; ++i) {
            ::kill(pid, SIGUSR1);
            std::this_thread::sleep_for(2ms);
        }
    };
    EXPECT_EQ(here.recv(), 0);
    signal_it();
    here.send(41);
    EXPECT_EQ(here.recv(), 42);
    signal_it();
    EXPECT_EQ(here.recv_bytes().size(), std::size_t{8} << 20U);
    EXPECT_GT(here.recv(), 0);
    EXPECT_EQ(code_of(child), 0);
}

}  // namespace
}  // namespace rankpool
