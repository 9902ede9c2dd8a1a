// SPDX-License-Identifier: MIT
// Messages of bytes, pipes of one direction, simple queues, and polling a queue.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <span>

namespace rankpool {
namespace {

using namespace support;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text) {
    auto const bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}
Bytes many_bytes(std::size_t count, std::uint32_t seed) {
    auto const numbers = pattern(count + 4, seed);
    auto const bytes = std::as_bytes(std::span{numbers}).first(count);
    return {bytes.begin(), bytes.end()};
}

void echo_bytes(Connection<int> connection) {
    try {
        while (true) connection.send_bytes(connection.recv_bytes());
    } catch (EndOfFile const&) {
    }
}

TEST(BytesTest, messages_of_all_sizes_come_back) {
    auto [here, there] = context().pipe<int>();
    auto child = start_far<echo_bytes>(there);
    there.close();
    for (std::size_t const size : {0U, 1U, 511U, 512U, 65'534U, 65'535U, 65'536U, 131'071U, 5'000'001U}) {
        Bytes const message = many_bytes(size, 3);
        here.send_bytes(message);
        ASSERT_EQ(here.recv_bytes(), message) << size;
    }
    here.send_bytes("text");
    EXPECT_EQ(here.recv_bytes(), bytes_of("text"));
    here.close();
    EXPECT_EQ(code_of(child), 0);
}

void send_larger_than_the_pipe(Connection<int> connection) {
    connection.send_bytes(many_bytes(20U << 20U, 9));
    connection.send(9);
}

TEST(BytesTest, a_message_may_be_larger_than_the_pipe) {
    auto [here, there] = context().pipe<int>(PipeOptions{.max_bytes = 256 * 1024});
    auto child = start_far<send_larger_than_the_pipe>(there);
    EXPECT_EQ(here.recv_bytes(), many_bytes(20U << 20U, 9));
    EXPECT_EQ(here.recv(), 9);
    EXPECT_EQ(code_of(child), 0);
}

void send_both_kinds(Connection<std::string, int> connection) {
    for (int i = 0; i < 100; ++i) {
        connection.send(std::to_string(i));
        connection.send_bytes(many_bytes(static_cast<std::size_t>(i) * 1000, 1));
    }
}

TEST(BytesTest, values_and_bytes_keep_their_order) {
    auto [here, there] = context().pipe<int, std::string>();
    auto child = start_far<send_both_kinds>(there);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(here.recv(), std::to_string(i));
        EXPECT_TRUE(here.poll(10s));
        EXPECT_EQ(here.recv_bytes(), many_bytes(static_cast<std::size_t>(i) * 1000, 1));
    }
    EXPECT_EQ(code_of(child), 0);
}

TEST(BytesTest, a_message_of_the_other_kind_is_named_and_gone) {
    auto [here, there] = context().pipe<long>();
    there.send_bytes("12345678");
    there.send(5);
    there.send(6);
    there.send_bytes("x");
    auto const no_value = thrown<SerializationError>([&, &end = here] { (void)end.recv(); });
    ASSERT_TRUE(no_value);
    EXPECT_NE(std::string{no_value->what()}.find("recv_bytes()"), std::string::npos);
    auto const no_bytes = thrown<SerializationError>([&, &end = here] { (void)end.recv_bytes(); });
    ASSERT_TRUE(no_bytes);
    EXPECT_NE(std::string{no_bytes->what()}.find("recv()"), std::string::npos);
    EXPECT_EQ(here.recv(), 6);
    EXPECT_EQ(here.recv_bytes(), bytes_of("x"));
}

TEST(BytesTest, bytes_are_received_into_a_buffer) {
    auto [here, there] = context().pipe<int>();
    std::array<std::byte, 6> room{};
    there.send_bytes("hello");
    there.send_bytes("");
    there.send_bytes("sixsix");
    EXPECT_EQ(here.recv_bytes_into(room), 5U);
    EXPECT_EQ(Bytes(room.begin(), room.begin() + 5), bytes_of("hello"));
    EXPECT_EQ(here.recv_bytes_into(room), 0U);
    EXPECT_EQ(here.recv_bytes_into(std::span{room}.subspan(0, 6)), 6U);
    EXPECT_EQ(Bytes(room.begin(), room.end()), bytes_of("sixsix"));
}

TEST(BytesTest, what_does_not_fit_is_in_the_error) {
    auto [here, there] = context().pipe<int>();
    std::array<std::byte, 4> room{};
    Bytes const large = many_bytes(300'000, 7);
    there.send_bytes(large);
    there.send(1);
    auto const error = thrown<BufferTooShort>([&, &end = here] { (void)end.recv_bytes_into(room); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), large);
    EXPECT_NE(std::string{error->what()}.find("300000 bytes"), std::string::npos);
    EXPECT_EQ(room, (std::array<std::byte, 4>{}));
    EXPECT_THROW(throw BufferTooShort(*error), Error);
    EXPECT_EQ(here.recv(), 1);
}

TEST(BytesTest, end_of_file_and_use_after_close) {
    auto [here, there] = context().pipe<int>();
    there.send_bytes("last");
    there.close();
    EXPECT_EQ(here.recv_bytes(), bytes_of("last"));
    EXPECT_THROW((void)here.recv_bytes(), EndOfFile);
    std::array<std::byte, 4> room{};
    EXPECT_THROW((void)here.recv_bytes_into(room), EndOfFile);
    EXPECT_THROW(here.send_bytes("x"), EndOfFile);
    EXPECT_THROW(there.send_bytes("x"), ClosedError);
    EXPECT_THROW((void)there.recv_bytes(), ClosedError);
    EXPECT_THROW((void)Connection<int>{}.recv_bytes(), UsageError);
}

void send_without_end(Connection<int> connection) {
    connection.send_bytes("begins");
    connection.send_bytes(many_bytes(50U << 20U, 1));
}

TEST(BytesTest, a_sender_killed_in_the_middle_of_a_message_leaves_nothing_of_it) {
    auto [here, there] = context().pipe<int>(PipeOptions{.max_bytes = 256 * 1024});
    auto child = start_far<send_without_end>(there);
    there.close();
    EXPECT_EQ(here.recv_bytes(), bytes_of("begins"));
    EXPECT_TRUE(here.poll(10s));
    child.kill();
    EXPECT_THROW((void)here.recv_bytes(), EndOfFile);
    EXPECT_EQ(code_of(child), -SIGKILL);
}

void produce(Connection<std::string> sender) {
    sender.send("value");
    sender.send_bytes("bytes");
}
std::string consume(Connection<std::string> receiver) {
    return receiver.recv();
}

TEST(OneWayPipeTest, goes_one_way_to_another_process) {
    auto [receiver, sender] = context().one_way_pipe<std::string>();
    auto child = start_far<produce>(sender);
    sender.close();
    EXPECT_EQ(receiver.recv(), "value");
    EXPECT_EQ(receiver.recv_bytes(), bytes_of("bytes"));
    EXPECT_TRUE(receiver.poll(10s));
    EXPECT_THROW((void)receiver.recv(), EndOfFile);
    EXPECT_EQ(code_of(child), 0);
}

TEST(OneWayPipeTest, the_wrong_direction_is_told) {
    auto [receiver, sender] = context().one_way_pipe<int>();
    EXPECT_TRUE(receiver.readable() && !receiver.writable());
    EXPECT_TRUE(sender.writable() && !sender.readable());
    auto const says = [](std::string_view words, auto call) {
        auto const error = thrown<UsageError>(call);
        return error && std::string_view{error->what()}.find(words) != std::string_view::npos;
    };
    EXPECT_TRUE(says("connection is read-only", [&, &end = receiver] { end.send(1); }));
    EXPECT_TRUE(says("connection is read-only", [&, &end = receiver] { end.send_bytes("x"); }));
    EXPECT_TRUE(says("connection is write-only", [&, &end = sender] { (void)end.recv(); }));
    EXPECT_TRUE(says("connection is write-only", [&, &end = sender] { (void)end.recv_bytes(); }));
    EXPECT_TRUE(says("connection is write-only", [&, &end = sender] { (void)end.poll(); }));
    EXPECT_TRUE(says("connection is write-only", [&, &end = sender] { (void)wait({Waitable{end}}); }));
    sender.send(2);
    EXPECT_EQ(wait(std::vector{receiver}, 10s).size(), 1U);
    EXPECT_EQ(receiver.recv(), 2);
}

void pass_on(Connection<Connection<int>> to, Connection<int> end) {
    to.send(end);
}

TEST(OneWayPipeTest, ends_keep_their_direction_when_they_travel) {
    auto [receiver, sender] = context().one_way_pipe<int>();
    auto [here, there] = context().pipe<Connection<int>>();
    auto child = start_far<pass_on>(there, sender);
    auto moved = here.recv();
    EXPECT_FALSE(moved.readable());
    EXPECT_THROW((void)moved.recv(), UsageError);
    moved.send(3);
    EXPECT_EQ(receiver.recv(), 3);
    EXPECT_EQ(code_of(child), 0);

    auto [texts, text_sender] = context().one_way_pipe<std::string>();
    text_sender.send("to a task");
    auto pool = context().pool();
    EXPECT_EQ(pool.apply<consume>(texts), "to a task");
}

void hold_sender(Connection<int> sender) {
    sender.send(1);
    for (;;) ::pause();
}

TEST(OneWayPipeTest, closed_and_killed_peers_are_told) {
    auto [receiver, sender] = context().one_way_pipe<int>();
    auto child = start_far<hold_sender>(sender);
    sender.close();
    EXPECT_EQ(receiver.recv(), 1);
    EXPECT_FALSE(receiver.poll(50ms));
    child.kill();
    EXPECT_THROW((void)receiver.recv(), EndOfFile);
    child.join();

    auto [other_receiver, other_sender] = context().one_way_pipe<int>();
    other_receiver.close();
    EXPECT_THROW(other_sender.send(1), EndOfFile);
}

void put_after(Queue<int> queue, std::chrono::milliseconds wait) {
    std::this_thread::sleep_for(wait);
    queue.put(4);
}
bool poll_here(Queue<int> queue) {
    return queue.poll() && queue.poll(1s) && queue.get() == 4 && !queue.poll() && !queue.poll(20ms);
}

TEST(QueuePollTest, tells_whether_there_is_something) {
    auto queue = context().queue<int>();
    EXPECT_FALSE(queue.poll());
    EXPECT_FALSE(queue.poll(-1s));
    EXPECT_GE(time_of([&] { EXPECT_FALSE(queue.poll(100ms)); }), 100ms);
    auto child = start_far<put_after>(queue, 50ms);
    EXPECT_LT(time_of([&] { EXPECT_TRUE(queue.poll(30s)); }), 20s);
    EXPECT_TRUE(queue.poll());
    EXPECT_EQ(code_of(child), 0);
    auto pool = context().pool();
    EXPECT_TRUE(pool.apply<poll_here>(queue));
    auto joinable = context().joinable_queue<int>();
    EXPECT_FALSE(joinable.poll());
    queue.close();
    EXPECT_THROW((void)queue.poll(), ClosedError);
}

void answer_simply(SimpleQueue<int> questions, SimpleQueue<std::string> answers) {
    for (int question = questions.get(); question != 0; question = questions.get()) {
        answers.put(std::to_string(question));
    }
}

TEST(SimpleQueueTest, puts_gets_and_travels) {
    auto questions = context().simple_queue<int>();
    auto answers = context().simple_queue<std::string>();
    EXPECT_TRUE(questions.empty());
    auto child = start_far<answer_simply>(questions, answers);
    for (int i = 1; i <= 100; ++i) questions.put(i);
    for (int i = 1; i <= 100; ++i) EXPECT_EQ(answers.get(), std::to_string(i));
    EXPECT_TRUE(answers.empty());
    EXPECT_TRUE(wait({Waitable{answers}}, 0s).empty());
    questions.put(0);
    EXPECT_EQ(code_of(child), 0);

    auto carrier = context().simple_queue<SimpleQueue<int>>();
    carrier.put(questions);
    questions.put(8);
    EXPECT_FALSE(questions.empty());
    EXPECT_EQ(carrier.get().get(), 8);
    questions.close();
    EXPECT_THROW(questions.put(1), ClosedError);
    EXPECT_THROW((void)questions.get(), ClosedError);
    EXPECT_THROW((void)questions.empty(), ClosedError);
}

void fill_simply(SimpleQueue<std::vector<std::uint32_t>> queue) {
    for (std::uint32_t i = 0; i < 10; ++i) queue.put(pattern(30U << 20U, i));
}

TEST(SimpleQueueTest, holds_more_than_a_queue_does) {
    auto queue = context().simple_queue<std::vector<std::uint32_t>>();
    // Nobody gets until all has been put.
    auto child = start_far<fill_simply>(queue);
    EXPECT_EQ(code_of(child), 0);
    for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(queue.get(), pattern(30U << 20U, i));
}

}  // namespace
}  // namespace rankpool
