// SPDX-License-Identifier: MIT
// Shared objects as their home keeps them, and what no sound process asks of them.
#include "rankpool/objects/bytes_object.hpp"

#include "tests/objects/support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

namespace rankpool::objects {
namespace {

using namespace support;
using link::Nonsense;
using link::ObjectKind;
using link::Operation;
using link::SharedOutcome;
using link::Waiting;

constexpr auto last_kind = static_cast<std::uint32_t>(ObjectKind::priority_queue);
constexpr auto last_operation = static_cast<std::uint32_t>(Operation::append);

std::vector<std::byte> bytes(std::string const& text) {
    auto const all = std::as_bytes(std::span{text});
    return {all.begin(), all.end()};
}

/// A worker whose memory is damaged may have written anything there.
TEST(LockObjectTest, a_word_that_nobody_can_have_written_is_a_dead_owners) {
    Kept kept;
    SharedWords words;
    auto const lock = make_object({.kind = ObjectKind::lock}, kept, words, object_id);
    lock->on_request(process(1), request(Operation::map_word), {});
    auto const index = static_cast<std::size_t>(kept.take().back().answer.first);
    auto* const word =
        reinterpret_cast<std::uint32_t*>(words.memory().bytes().data() + index * link::word_distance);
    for (std::uint32_t const damage : {2U, 0x7fffffffU, 1234567U}) {
        *word = damage;
        lock->on_request(process(1), request(Operation::acquire, 1), {});
        auto const answer = kept.take().back().answer;
        EXPECT_EQ(answer.outcome, SharedOutcome::done);
        EXPECT_EQ(answer.flags, link::owner_died);
        lock->on_request(process(1), request(Operation::release, 1), {});
        EXPECT_EQ(kept.take().back().answer.outcome, SharedOutcome::done);
        EXPECT_EQ(*word, 0U);
    }
}

/// What processes do to the word in their memory and what others ask of the home is one value.
TEST(BytesObjectTest, a_small_value_lies_in_a_word) {
    Kept kept;
    SharedWords words;
    auto value = make_object({.kind = ObjectKind::bytes, .size = 4}, kept, words, object_id);
    value->on_request(process(1), request(Operation::map_word), {});
    auto const told = kept.take().back();
    EXPECT_EQ(told.answer.outcome, SharedOutcome::done);
    EXPECT_EQ(told.tail.size(), sizeof(link::WordPlace));
    auto* const place =
        words.memory().bytes().data() + static_cast<std::size_t>(told.answer.first) * link::word_distance;
    auto& cell = *reinterpret_cast<link::ValueCell*>(place);
    cell.update([](std::span<std::byte> bytes) { bytes[0] = std::byte{40}; });
    std::array const two{std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}};
    auto add = request(Operation::add, 0);
    add.second = static_cast<std::int64_t>(link::NumberType::int32);
    value->on_request(process(2), add, two);
    EXPECT_EQ(kept.take().back().tail[0], std::byte{40});
    EXPECT_EQ(cell.bytes()[0], std::byte{42});
    auto read = request(Operation::read, 0);
    read.second = 4;
    value->on_request(process(2), read, {});
    EXPECT_EQ(kept.take().back().tail[0], std::byte{42});
    // Beyond it, though the word has more.
    read.second = 8;
    EXPECT_THROW(value->on_request(process(2), read, {}), Nonsense);
    add.second = static_cast<std::int64_t>(link::NumberType::int64);
    EXPECT_THROW(value->on_request(process(2), add, two), Nonsense);
    EXPECT_EQ(cell.bytes()[0], std::byte{42});
    // The next one that gets the word finds nothing in it.
    value.reset();
    EXPECT_EQ(cell.bytes(), link::ValueCell::Bytes{});
    auto const large = make_object({.kind = ObjectKind::bytes, .size = 9}, kept, words, object_id);
    large->on_request(process(1), request(Operation::map_word), {});
    EXPECT_EQ(kept.take().back().answer.outcome, SharedOutcome::refused);
}

std::unique_ptr<Object> array_of(Kept& kept, SharedWords& words, std::uint64_t size) {
    link::ObjectTerms terms;
    terms.kind = ObjectKind::bytes;
    terms.size = size;
    terms.may_be_mapped = 1;
    return make_object(terms, kept, words, object_id);
}

/// Where a process is told to map it, if it is.
std::optional<link::WordPlace> place_of(Object& object, Kept& kept) {
    object.on_request(process(1), request(Operation::map_word), {});
    auto const told = kept.take().back();
    if (told.answer.outcome != SharedOutcome::done) return std::nullopt;
    EXPECT_EQ(told.answer.first, -1);
    link::WordPlace place;
    EXPECT_EQ(told.tail.size(), sizeof place);
    std::memcpy(&place, told.tail.data(), sizeof place);
    return place;
}

std::string read_of(Object& object, Kept& kept, std::int64_t offset, std::int64_t size) {
    auto read = request(Operation::read, offset);
    read.second = size;
    object.on_request(process(2), read, {});
    auto const tail = kept.take().back().tail;
    return {reinterpret_cast<char const*>(tail.data()), tail.size()};
}

/// What was written before it was mapped is there, and messages and memory see the same.
TEST(BytesObjectTest, an_array_may_be_mapped) {
    Kept kept;
    SharedWords words;
    for (std::uint64_t const size : {std::uint64_t{12}, std::uint64_t{100'000}}) {
        auto const array = array_of(kept, words, size);
        array->on_request(process(1), request(Operation::write, 4), bytes("abcd"));
        auto const place = place_of(*array, kept);
        ASSERT_TRUE(place) << size;
        auto const memory = link::SharedMemory::adopt(UniqueFd{::dup(place->fd)}, place->secret);
        ASSERT_TRUE(memory);
        EXPECT_EQ(std::memcmp(memory->bytes().data() + 4, "abcd", 4), 0);
        std::memcpy(memory->bytes().data() + 6, "xy", 2);
        EXPECT_EQ(read_of(*array, kept, 4, 4), "abxy");
        array->on_request(process(2), request(Operation::write, 0), bytes("1234567"));
        EXPECT_EQ(std::memcmp(memory->bytes().data(), "1234567y", 8), 0);
        EXPECT_THROW(
            array->on_request(process(2), request(Operation::write, static_cast<std::int64_t>(size) - 1),
                              bytes("ab")),
            Nonsense);
    }
    auto const plain = make_object({.kind = ObjectKind::bytes, .size = 100'000}, kept, words, object_id);
    EXPECT_FALSE(place_of(*plain, kept));
}

TEST(BytesObjectTest, so_many_arrays_are_mapped_and_others_come_by_messages) {
    Kept kept;
    SharedWords words;
    std::vector<std::unique_ptr<Object>> all;
    for (std::size_t i = 0; i < BytesObject::most_mapped; ++i) {
        all.push_back(array_of(kept, words, i % 2 == 0 ? 16 : 70'000));
        ASSERT_TRUE(place_of(*all.back(), kept)) << i;
    }
    for (std::uint64_t const size : {16U, 70'000U}) {
        auto const one_more = array_of(kept, words, size);
        EXPECT_FALSE(place_of(*one_more, kept));
        one_more->on_request(process(1), request(Operation::write, 3), bytes("abc"));
        EXPECT_EQ(read_of(*one_more, kept, 2, 5), (std::string{"\0abc\0", 5}));
    }
    all.pop_back();
    auto const next = array_of(kept, words, 16);
    EXPECT_TRUE(place_of(*next, kept));
}

std::string holdings_of(Object const& object) {
    std::vector<link::HoldingNote> notes;
    object.note_holdings(notes);
    std::string text;
    for (auto const& note : notes) {
        EXPECT_LT(note.milliseconds, 60'000);
        text += link::text_of(note.name) + (note.waits != 0 ? " waits" : " holds ") +
                (note.waits != 0 ? "" : std::to_string(note.amount)) + "; ";
    }
    return text;
}

link::SharedRequest named(char const* name, Operation operation, std::int64_t first = 0) {
    auto asked = request(operation, first, Waiting::forever);
    asked.name = link::process_name(name);
    return asked;
}

TEST(ObjectsTest, who_holds_and_who_waits) {
    Kept kept;
    SharedWords words;
    auto const lock = make_object({.kind = ObjectKind::rlock}, kept, words, object_id);
    EXPECT_EQ(holdings_of(*lock), "");
    lock->on_request(process(1), named("Ann", Operation::acquire, 2), {});
    lock->on_request(process(2), named("Bob", Operation::acquire, 1), {});
    EXPECT_EQ(holdings_of(*lock), "Ann holds 2; Bob waits; ");
    lock->processes_ended(ended(process(1)));
    EXPECT_EQ(holdings_of(*lock), "Bob holds 1; ");
    auto const semaphore = make_object({.kind = ObjectKind::semaphore, .size = 2}, kept, words, object_id);
    for (auto const* name : {"Ann", "Ann", "Bob"})
        semaphore->on_request(process(name[0] == 'A' ? 1 : 2), named(name, Operation::acquire_unit), {});
    EXPECT_EQ(holdings_of(*semaphore), "Ann holds 2; Bob waits; ");
    semaphore->on_request(process(1), named("Ann", Operation::release_units, 1), {});
    EXPECT_EQ(holdings_of(*semaphore), "Ann holds 1; Bob holds 1; ");
}

TEST(ObjectsTest, who_holds_a_lock_by_its_word) {
    Kept kept;
    SharedWords words;
    auto const lock = make_object({.kind = ObjectKind::lock}, kept, words, object_id);
    lock->on_request(process(1), named("Ann", Operation::map_word), {});
    auto const told = kept.take().back().answer;
    auto* const place =
        words.memory().bytes().data() + static_cast<std::size_t>(told.first) * link::word_distance;
    auto* const word = reinterpret_cast<link::LockWord*>(place);
    ASSERT_TRUE(word->take(static_cast<std::uint32_t>(told.second)));
    EXPECT_EQ(holdings_of(*lock), "Ann holds 1; ");
    ASSERT_TRUE(word->give_back(static_cast<std::uint32_t>(told.second)));
    EXPECT_EQ(holdings_of(*lock), "");
}

TEST(ObjectsTest, terms_that_cannot_be) {
    Kept kept;
    SharedWords words;
    EXPECT_THROW(make_object({.kind = static_cast<ObjectKind>(last_kind + 1)}, kept, words, object_id),
                 Nonsense);
    EXPECT_THROW(make_object({.kind = ObjectKind::barrier, .size = 0}, kept, words, object_id), Nonsense);
    EXPECT_THROW(
        make_object({.kind = ObjectKind::semaphore, .size = ~std::uint64_t{0}}, kept, words, object_id),
        Nonsense);
    EXPECT_FALSE(
        make_object({.kind = ObjectKind::bytes, .size = ~std::uint64_t{0} / 4}, kept, words, object_id));
}

/// Whatever is asked is answered or refused, and the object goes on.
TEST(ObjectsTest, random_requests_do_no_harm) {
    int refused = 0;
    for (unsigned seed = 0; seed < 2000; ++seed) {
        std::mt19937_64 random{seed};
        Kept kept;
        SharedWords words;
        auto const kind = static_cast<ObjectKind>(seed % (last_kind + 1));
        auto const object = make_object(
            {.kind = kind, .has_action = seed / 16 % 2, .size = 1 + random() % 200}, kept, words, object_id);
        ASSERT_TRUE(object);
        for (int i = 0; i < 40; ++i) {
            link::SharedRequest asked = request(static_cast<Operation>(random() % (last_operation + 3)));
            asked.waiting = static_cast<Waiting>(random() % 4);
            asked.number = random() % 4;
            asked.first = static_cast<std::int64_t>(random() % 3 == 0 ? random() : random() % 200);
            asked.second = static_cast<std::int64_t>(random() % 3 == 0 ? random() : random() % 8);
            std::vector<std::byte> tail(random() % 2 == 0 ? random() % 20
                                                          : sizeof(link::WaitEdge) * (random() % 4));
            for (auto& byte : tail) byte = static_cast<std::byte>(random());
            auto const who = process(static_cast<std::uint32_t>(random() % 4));
            try {
                if (random() % 10 == 0) object->processes_ended(ended(who));
                object->on_request(who, asked, tail);
            } catch (Nonsense const&) {
                ++refused;
            }
        }
    }
    EXPECT_GT(refused, 0);
}

TEST(ObjectsTest, bytes_beyond_the_end_are_refused) {
    Kept kept;
    SharedWords words;
    auto const object = make_object({.kind = ObjectKind::bytes, .size = 8}, kept, words, object_id);
    auto const ask = [&](Operation operation, std::int64_t first, std::int64_t second, std::size_t tail) {
        auto asked = request(operation, first);
        asked.second = second;
        object->on_request(process(1), asked, std::vector<std::byte>(tail));
    };
    EXPECT_NO_THROW(ask(Operation::read, 0, 8, 0));
    EXPECT_NO_THROW(ask(Operation::read, 8, 0, 0));
    EXPECT_NO_THROW(ask(Operation::write, 4, 0, 4));
    std::int64_t const least = std::numeric_limits<std::int64_t>::min();
    std::int64_t const most = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t const first : {least, std::int64_t{-1}, std::int64_t{1}, std::int64_t{9}, most}) {
        EXPECT_THROW(ask(Operation::read, first, 8, 0), Nonsense) << first;
        EXPECT_THROW(ask(Operation::write, first, 0, 8), Nonsense) << first;
        EXPECT_THROW(ask(Operation::exchange, first, 0, 8), Nonsense) << first;
        EXPECT_THROW(ask(Operation::compare_exchange, first, 0, 16), Nonsense) << first;
        EXPECT_THROW(ask(Operation::add, first, 3, 8), Nonsense) << first;
        EXPECT_THROW(ask(Operation::read, 0, first == 1 ? 9 : first, 0), Nonsense) << first;
    }
    for (std::int64_t const type : {least, std::int64_t{-1}, std::int64_t{2}, std::int64_t{6}, most}) {
        EXPECT_THROW(ask(Operation::add, 0, type, 8), Nonsense) << type;
    }
    EXPECT_THROW(ask(Operation::compare_exchange, 0, 0, 7), Nonsense);
    EXPECT_THROW(ask(Operation::exchange, 0, 0, 0), Nonsense);
}

TEST(ObjectsTest, a_map_keeps_its_bound_and_gives_room_again) {
    Kept kept;
    SharedWords words;
    auto const object = make_object({.kind = ObjectKind::map, .size = 10}, kept, words, object_id);
    auto const outcome_of = [&](Operation operation, std::string const& text, std::int64_t first = 0) {
        auto asked = request(operation, first);
        asked.second = 1;
        object->on_request(process(1), asked, bytes(text));
        return kept.take().back().answer.outcome;
    };
    EXPECT_EQ(outcome_of(Operation::put, "a12345678"), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::put, "b1"), SharedOutcome::refused);
    EXPECT_EQ(outcome_of(Operation::put, "a1234567890"), SharedOutcome::refused);
    EXPECT_EQ(outcome_of(Operation::put, "a123456789"), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::put_new, "a1"), SharedOutcome::late);
    EXPECT_EQ(outcome_of(Operation::put_if, "a1", 1), SharedOutcome::late);
    EXPECT_EQ(outcome_of(Operation::put_if, "a1", 2), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::pop, "a", 2), SharedOutcome::late);
    EXPECT_EQ(outcome_of(Operation::pop, "a", -1), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::put, "b12345678"), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::clear, ""), SharedOutcome::done);
    EXPECT_EQ(outcome_of(Operation::put, "c12345678"), SharedOutcome::done);
    auto wild = request(Operation::put);
    wild.second = 5;
    EXPECT_THROW(object->on_request(process(1), wild, bytes("ab")), Nonsense);
    wild.second = -1;
    EXPECT_THROW(object->on_request(process(1), wild, bytes("ab")), Nonsense);
}

/// What a process has been given and never had goes to the next, at once where that waits.
TEST(ObjectsTest, an_item_that_nobody_has_got_goes_back_to_its_place) {
    Kept kept;
    SharedWords words;
    auto const queue = make_object({.kind = ObjectKind::priority_queue}, kept, words, object_id);
    auto const put = [&](std::string const& text) {
        auto ask = request(Operation::append);
        ask.second = 1;
        queue->on_request(process(9), ask, bytes(text));
    };
    put("b later");
    put("a first");
    put("b latest");
    (void)kept.take();
    auto const get = [&](Address who, std::uint64_t number) {
        queue->on_request(who, request(Operation::wait, 0, Waiting::forever, number), {});
        auto const said = kept.take();
        return said.empty() ? std::vector<std::byte>{} : said.back().tail;
    };
    EXPECT_EQ(get(process(1), 1), bytes(" first"));
    EXPECT_EQ(get(process(2), 1), bytes(" later"));
    queue->on_request(process(2), request(Operation::taken, 0, Waiting::no, 1), {});
    queue->processes_ended(ended(process(1)));
    queue->processes_ended(ended(process(2)));
    EXPECT_EQ(get(process(3), 1), bytes(" first"));
    EXPECT_EQ(get(process(3), 2), bytes(" latest"));
    EXPECT_EQ(get(process(4), 1), std::vector<std::byte>{});
    queue->on_request(process(3), request(Operation::taken, 1, Waiting::no, 1), {});
    auto const said = kept.take();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].to, process(4));
    EXPECT_EQ(said[0].tail, bytes(" first"));
}

TEST(ObjectsTest, units_come_back_from_those_who_fail) {
    Kept kept;
    SharedWords words;
    auto const object = make_object({.kind = ObjectKind::semaphore, .size = 2}, kept, words, object_id);
    for (std::uint32_t const who : {1U, 1U, 2U, 3U}) {
        object->on_request(process(who), request(Operation::acquire_unit, 0, Waiting::forever), {});
    }
    EXPECT_EQ(kept.take().size(), 2U);
    object->processes_ended(ended(process(3)));
    object->processes_ended(ended(process(1)));
    auto const said = kept.take();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].to, process(2));
    object->processes_ended(ended(process(2), false));
    object->on_request(process(4), request(Operation::state), {});
    EXPECT_EQ(kept.take().back().answer.first, 1);
}

}  // namespace
}  // namespace rankpool::objects
