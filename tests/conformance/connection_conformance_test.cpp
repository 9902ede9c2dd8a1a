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

TEST(ConformancePoll, test_empty_string) {
    auto [here, there] = context().pipe<std::string>();
    EXPECT_FALSE(here.poll());
    there.send("");
    EXPECT_TRUE(here.poll());
    EXPECT_EQ(here.recv(), "");
    there.send_bytes("");
    EXPECT_TRUE(here.poll());
    EXPECT_TRUE(here.recv_bytes().empty());
    EXPECT_FALSE(here.poll());
}

void send_texts(Connection<std::string> end, std::vector<std::string> const& texts) {
    for (auto const& text : texts) {
        end.send(text);
        (void)end.recv();
    }
}

TEST(ConformancePoll, test_strings) {
    std::vector<std::string> const texts{"hello", "", "a", "b", "", "bye", "", "lop"};
    auto [here, there] = context().pipe<std::string>();
    auto child = start_far<send_texts>(there, texts);
    for (auto const& text : texts) {
        EXPECT_TRUE(here.poll(60s));
        EXPECT_TRUE(here.poll());
        EXPECT_EQ(here.recv(), text);
        EXPECT_FALSE(here.poll());
        here.send("next");
    }
    EXPECT_EQ(code_of(child), 0);
}

void send_letters(Connection<std::string> end, std::string const& letter) {
    for (std::size_t size = 1; size <= 1U << 20U; size *= 4) {
        std::string text;
        for (std::size_t i = 0; i < size; ++i) text += letter;
        end.send(text);
    }
}

TEST(ConformancePoll, test_boundaries) {
    auto [here, there] = context().pipe<std::string>();
    std::vector<Process> all;
    for (char const* letter : {"x", "y"}) all.push_back(start_far<send_letters>(there, letter));
    there.close();
    std::map<char, std::size_t> next{{'x', 1}, {'y', 1}};
    for (int i = 0; i < 22; ++i) {
        ASSERT_TRUE(here.poll(60s));
        auto const text = here.recv();
        ASSERT_FALSE(text.empty());
        EXPECT_EQ(text, std::string(next[text[0]], text[0]));
        next[text[0]] *= 4;
    }
    EXPECT_TRUE(here.poll(60s));
    EXPECT_THROW((void)here.recv(), EndOfFile);
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
}

void read_and_write(Connection<Connection<int>> from) {
    auto reader = from.recv();
    int const number = reader.recv();
    from.recv().send(number * 2);
}

TEST(ConformancePicklingConnections, test_access) {
    auto [here, there] = context().pipe<Connection<int>>();
    auto child = start_far<read_and_write>(there);
    auto [their_reader, writer] = context().one_way_pipe<int>();
    here.send(their_reader);
    their_reader.close();
    writer.send(21);
    auto [reader, their_writer] = context().one_way_pipe<int>();
    here.send(their_writer);
    their_writer.close();
    EXPECT_EQ(reader.recv(), 42);
    EXPECT_THROW((void)reader.recv(), EndOfFile);
    EXPECT_EQ(code_of(child), 0);
}

TEST(ConformanceWait, test_neg_timeout) {
    auto [a, b] = context().pipe<int>();
    EXPECT_TRUE(wait(std::vector{a}, -1s).empty());
    b.send(1);
    EXPECT_EQ(wait(std::vector{a}, -1s).size(), 1U);
}

void swap(Connection<int> one, Connection<int> two) {
    int const first = one.recv();
    one.send(two.recv());
    two.send(first);
}

// Dragon's test_single_swap.
TEST(ConformanceConnection, test_single_swap) {
    auto [a, a_there] = context().pipe<int>();
    auto [b, b_there] = context().pipe<int>();
    auto child = start_far<swap>(a_there, b_there);
    a.send(1);
    b.send(2);
    EXPECT_EQ(a.recv(), 2);
    EXPECT_EQ(b.recv(), 1);
    EXPECT_EQ(code_of(child), 0);
}

void pass_on(Connection<Bytes> from, Connection<Bytes> to, int times) {
    for (int i = 0; i < times; ++i) to.send(from.recv());
}

// Dragon's test_ring_multi_node.
TEST(ConformanceConnection, test_ring_of_growing_messages) {
    constexpr int sizes = 5;
    std::vector<Process> all;
    auto [receiver, first] = context().one_way_pipe<Bytes>();
    for (int i = 0; i < 4; ++i) {
        auto [next_receiver, sender] = context().one_way_pipe<Bytes>();
        all.push_back(context().process<pass_on>({.rank = i % context().size()}, receiver, sender, sizes));
        all.back().start();
        receiver = next_receiver;
    }
    for (int i = 0; i < sizes; ++i) {
        auto const message = pattern(std::size_t{16} << (4 * static_cast<unsigned>(i)));
        first.send(message);
        EXPECT_EQ(receiver.recv(), message);
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
}

}  // namespace
}  // namespace rankpool
