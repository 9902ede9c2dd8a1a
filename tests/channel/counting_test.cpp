// SPDX-License-Identifier: MIT
// Who holds an end is counted over the job; what nobody can reach is freed.
#include "tests/channel/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <utility>

namespace rankpool {
namespace {

using namespace support;

using Pipe = Connection<int, int>;

/// Memory objects of channels that a process has open.
long channels_open(pid_t pid) {
    long found = 0;
    std::error_code error;
    for (auto const& entry :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/fd", error}) {
        auto const target = std::filesystem::read_symlink(entry, error);
        if (target.string().find("rankpool-channel") != std::string::npos) ++found;
    }
    return found;
}
long channels_here() {
    return channels_open(parent_of(parent_of(::getpid())));
}
/// When those of the tests before have gone.
long channels_at_rest() {
    long count = channels_here();
    for (int same = 0; same < 20;) {
        std::this_thread::sleep_for(5ms);
        long const earlier = std::exchange(count, channels_here());
        same = earlier == count ? same + 1 : 0;
    }
    return count;
}
void expect_channels(long wanted) {
    for (int i = 0; i < 2000 && channels_here() != wanted; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(channels_here(), wanted);
}

TEST(CountingTest, what_nobody_holds_is_freed) {
    long const before = channels_at_rest();
    {
        auto queue = context().queue<int>();
        auto copy = queue;
        auto [a, b] = context().pipe<int, int>();
        EXPECT_EQ(channels_here(), before + 2);
        queue.close();
        expect_channels(before + 1);
    }
    expect_channels(before);
    for (int i = 0; i < 3000; ++i) context().queue<int>().put(i);
    expect_channels(before);
}

void hold_until(Queue<int> queue, Queue<int> gate) {
    queue.put(1);
    (void)gate.get();
}

TEST(CountingTest, a_process_that_ends_holds_nothing_any_more) {
    long const before = channels_at_rest();
    auto gate = context().queue<int>();
    auto queue = context().queue<int>();
    auto normal = start_far<hold_until>(queue, gate);
    auto killed = start_far<hold_until>(queue, gate);
    EXPECT_EQ(queue.get() + queue.get(), 2);
    queue.close();
    gate.put(1);
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(channels_here(), before + 2);
    normal.kill();
    killed.kill();
    expect_channels(before + 1);
    normal.join();
    killed.join();
}

TEST(CountingTest, an_end_on_its_way_counts) {
    auto mail = context().queue<Pipe>();
    auto [here, there] = context().pipe<int, int>();
    mail.put(there);
    there.close();
    EXPECT_FALSE(here.poll(50ms));
    here.send(5);
    auto arrived = mail.get();
    EXPECT_EQ(arrived.recv(), 5);
    arrived.close();
    EXPECT_THROW(here.recv(), EndOfFile);
}

TEST(CountingTest, an_end_whose_carrier_is_lost_is_closed) {
    auto [here, there] = context().pipe<int, int>();
    {
        auto mail = context().queue<Pipe>();
        mail.put(there);
        there.close();
        EXPECT_FALSE(here.poll(20ms));
    }
    EXPECT_THROW(here.recv(), EndOfFile);
}

void take_and_die(Queue<Pipe> mail, std::string const& tally) {
    auto held = mail.get();
    held.send(1);
    Tally::add(tally);
    for (;;) ::pause();
}

TEST(CountingTest, a_consumer_killed_with_the_only_copy_of_an_end_closes_it) {
    auto mail = context().queue<Pipe>();
    auto [here, there] = context().pipe<int, int>();
    Tally taken;
    auto consumer = start_far<take_and_die>(mail, taken.name());
    mail.put(there);
    there.close();
    taken.wait_for(1);
    EXPECT_EQ(here.recv(), 1);
    EXPECT_FALSE(here.poll(20ms));
    consumer.kill();
    EXPECT_THROW(here.recv(), EndOfFile);
    consumer.join();
}

/// Cannot be encoded after an end has been.
struct PipeAndTrouble {
    Pipe pipe;
    bool is_trouble = true;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& pipe;
        if (Archive::is_saving::value && is_trouble) throw std::domain_error("no");
        archive& is_trouble;
    }
};

TEST(CountingTest, an_end_in_a_refused_item_is_not_on_its_way) {
    auto mail = context().queue<PipeAndTrouble>();
    auto [here, there] = context().pipe<int, int>();
    EXPECT_THROW(mail.put({there, true}), SerializationError);
    there.close();
    EXPECT_THROW(here.recv(), EndOfFile);
}

Queue<int> make_queue_and_end(Queue<Queue<int>> out) {
    auto queue = context().queue<int>();
    queue.put(11);
    out.put(queue);
    return queue;
}
void make_queue(Queue<Queue<int>> out) {
    (void)make_queue_and_end(out);
}

TEST(CountingTest, a_queue_lives_on_when_its_maker_has_ended) {
    auto out = context().queue<Queue<int>>();
    auto maker = start_far<make_queue>(out);
    EXPECT_EQ(code_of(maker), 0);
    auto queue = out.get(1s);
    EXPECT_EQ(queue.get(1s), 11);
    queue.put(12);
    EXPECT_EQ(queue.get(1s), 12);
}

TEST(CountingTest, a_channel_cannot_be_used_when_it_is_gone) {
    auto [here, there] = context().pipe<int, int>();
    here.close();
    auto mail = context().queue<Pipe>();
    EXPECT_THROW(mail.put(here), SerializationError);
    EXPECT_TRUE(mail.empty());
}

}  // namespace
}  // namespace rankpool
