// SPDX-License-Identifier: MIT
#include "rankpool/sync/holding.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/sync/client.hpp"

#include <cstring>

namespace rankpool::sync {
namespace {

using link::HoldingNote;
using link::ObjectKind;

std::string kind_name(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::rlock:
            return "rlock";
        case ObjectKind::semaphore:
            return "semaphore";
        case ObjectKind::bounded_semaphore:
            return "bounded semaphore";
        case ObjectKind::event:
            return "event";
        case ObjectKind::condition:
            return "condition";
        case ObjectKind::barrier:
            return "barrier";
        default:
            return "lock";
    }
}

Holding told(HoldingNote const& note) {
    Holding holding{.object = kind_name(note.kind) + ' ' + std::to_string(note.object.number) + " of rank " +
                              std::to_string(note.object.home.value),
                    .process = printable(link::text_of(note.name)),
                    .rank = note.process.rank.value,
                    .waits = note.waits != 0,
                    .amount = note.amount};
    if (note.milliseconds >= 0) holding.duration = std::chrono::milliseconds{note.milliseconds};
    return holding;
}

constexpr std::chrono::seconds patience{5};

std::uint64_t begin(Rank home, std::int64_t first) {
    return Client::here().begin(home, {link::Operation::holdings, first});
}

/// Adds what has come; returns how many that is.
std::int64_t add(Client::Reply const& reply, std::vector<Holding>& all) {
    auto const count = static_cast<std::int64_t>(reply.tail.size() / sizeof(HoldingNote));
    for (std::int64_t i = 0; i < count; ++i) {
        HoldingNote note;
        std::memcpy(&note, reply.tail.data() + static_cast<std::size_t>(i) * sizeof note, sizeof note);
        all.push_back(told(note));
    }
    return count;
}

/// What a rank says, in as many answers as that takes; the first has been asked for.
void gather(Rank home, std::uint64_t number, Deadline const& deadline, std::vector<Holding>& all) {
    for (std::int64_t seen = 0;;) {
        if (!Client::here().await(number, deadline)) return Client::here().forget(number);
        auto const reply = Client::here().take_answer(number);
        auto const count = add(reply, all);
        seen += count;
        if (count == 0 || seen >= reply.head.first) return;
        number = begin(home, seen);
    }
}

}  // namespace

std::vector<Holding> holdings(int ranks) {
    std::vector<std::uint64_t> numbers;
    for (int rank = 0; rank < ranks; ++rank) numbers.push_back(begin(Rank{rank}, 0));
    auto const deadline = Deadline::after(patience);
    std::vector<Holding> all;
    for (int rank = 0; rank < ranks; ++rank) {
        try {
            gather(Rank{rank}, numbers[static_cast<std::size_t>(rank)], deadline, all);
        } catch (ClosedError const&) {
            // Lost, with all that it kept.
        }
    }
    return all;
}

HoldingsQuestion::HoldingsQuestion(Rank home) : number_(begin(home, 0)) {}

std::optional<std::vector<Holding>> HoldingsQuestion::take() {
    if (!Client::here().is_answered(number_)) return std::nullopt;
    std::vector<Holding> all;
    add(Client::here().take_answer(number_), all);
    return all;
}

}  // namespace rankpool::sync
