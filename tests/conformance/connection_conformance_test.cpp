// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Connection and wait.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>

#include <map>

namespace rankpool {
namespace {

using namespace support;

using Bytes = std::vector<std::uint32_t>;

template <class T>
void echo(Connection<T, T> connection) {
    try {
        while (true) connection.send(connection.recv());
    } catch (EndOfFile const&) {
    }
}

template <class T>
void expect_echo(std::vector<T> const& values) {
    auto [here, there] = context().pipe<T, T>();
    auto child = start_far<echo<T>>(there);
    there.close();
    for (T const& value : values) {
        here.send(value);
        EXPECT_EQ(here.recv(), value);
    }
    here.close();
    EXPECT_EQ(code_of(child), 0);
}

TEST(ConformanceConnection, test_connection) {
    expect_echo<int>({1, -7});
    expect_echo<std::string>({"hello", "", std::string(100'000, 'x')});
    expect_echo<std::vector<double>>({{1, 1.5, 2.5}, {}});
    expect_echo<std::map<std::string, std::optional<int>>>({{{"a", 1}, {"b", {}}}, {}});
    expect_echo<Bytes>({pattern(16U << 20U), {}, pattern(64)});
}

void send_after(Connection<int, int> connection, std::chrono::milliseconds wait) {
    std::this_thread::sleep_for(wait);
    connection.send(1);
    (void)connection.recv();
}

TEST(ConformanceConnection, test_poll) {
    auto [here, there] = context().pipe<int, int>();
    EXPECT_FALSE(here.poll());
    EXPECT_FALSE(here.poll(-1s));
    auto const took = time_of([&, &end = here] { EXPECT_FALSE(end.poll(100ms)); });
    EXPECT_GE(took, 100ms);
    auto child = start_far<send_after>(there, 50ms);
    EXPECT_TRUE(here.poll(10s));
    EXPECT_TRUE(here.poll());
    EXPECT_TRUE(here.poll());
    EXPECT_EQ(here.recv(), 1);
    EXPECT_FALSE(here.poll());
    here.send(2);
    EXPECT_EQ(code_of(child), 0);
}

void send_three(Connection<std::string, int> connection) {
    for (char const* text : {"a", "bc", ""}) connection.send(text);
}

TEST(ConformanceConnection, test_message_bounds_are_kept) {
    auto [here, there] = context().pipe<int, std::string>();
    auto child = start_far<send_three>(there);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(here.recv(), "a");
    EXPECT_EQ(here.recv(), "bc");
    EXPECT_EQ(here.recv(), "");
    EXPECT_FALSE(here.poll());
}

TEST(ConformanceConnection, test_end_of_file_after_what_was_sent) {
    auto [here, there] = context().pipe<int, std::string>();
    auto child = start_far<send_three>(there);
    there.close();
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(here.recv(), "a");
    EXPECT_TRUE(here.poll());
    EXPECT_EQ(here.recv(), "bc");
    EXPECT_EQ(here.recv(), "");
    EXPECT_TRUE(here.poll());
    EXPECT_THROW(here.recv(), EndOfFile);
    EXPECT_THROW(here.recv(), EndOfFile);
    EXPECT_THROW(here.send(1), EndOfFile);
}

TEST(ConformanceConnection, test_use_after_close) {
    auto [here, there] = context().pipe<int, int>();
    EXPECT_FALSE(here.closed());
    here.close();
    EXPECT_TRUE(here.closed());
    EXPECT_THROW(here.send(1), ClosedError);
    EXPECT_THROW(here.recv(), ClosedError);
    EXPECT_THROW((void)here.poll(), ClosedError);
    here.close();
    EXPECT_THROW(there.recv(), EndOfFile);
}

void answer_what_comes(Connection<int, Connection<int, int>> from) {
    auto moved = from.recv();
    int sum = 0;
    try {
        while (true) sum += moved.recv();
    } catch (EndOfFile const&) {
    }
    from.send(sum);
}

TEST(ConformanceConnection, test_an_end_with_unread_messages_is_sent) {
    auto [control, other] = context().pipe<Connection<int, int>, int>();
    auto [here, there] = context().pipe<int, int>();
    here.send(1);
    here.send(2);
    EXPECT_EQ(there.recv(), 1);
    auto child = start_far<answer_what_comes>(other);
    control.send(there);
    there.close();
    here.send(3);
    here.close();
    EXPECT_EQ(control.recv(), 5);
    EXPECT_EQ(code_of(child), 0);
}

void send_numbers(Connection<int, int> connection, int first) {
    for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{i % 3});
        connection.send(first + i);
    }
}

TEST(ConformanceWait, test_wait) {
    std::vector<Connection<int, int>> readers;
    std::vector<Process> writers;
    for (int i = 0; i < 4; ++i) {
        auto [here, there] = context().pipe<int, int>();
        writers.push_back(context().process<send_numbers>(there, 10 * i));
        writers.back().start();
        readers.push_back(here);
    }
    std::set<int> seen;
    while (!readers.empty()) {
        for (auto& ready : wait(readers)) {
            try {
                EXPECT_TRUE(seen.insert(ready.recv()).second);
            } catch (EndOfFile const&) {
                std::erase_if(readers, [&](auto const& r) { return &r.endpoint() == &ready.endpoint(); });
            }
        }
    }
    EXPECT_EQ(seen.size(), 40U);
    for (Process& writer : writers) EXPECT_EQ(code_of(writer), 0);
}

TEST(ConformanceWait, test_wait_timeout) {
    auto [a, b] = context().pipe<int, int>();
    auto [c, d] = context().pipe<int, int>();
    std::vector const both{a, c};
    auto const took = time_of([&] { EXPECT_TRUE(wait(both, 100ms).empty()); });
    EXPECT_GE(took, 100ms);
    d.send(1);
    auto const ready = wait(both, 10s);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(&ready[0].endpoint(), &c.endpoint());
    b.send(1);
    EXPECT_EQ(wait(both).size(), 2U);
    EXPECT_TRUE(wait(std::vector<Connection<int, int>>{}, 0s).empty());
}

}  // namespace
}  // namespace rankpool
