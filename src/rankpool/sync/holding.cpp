// SPDX-License-Identifier: MIT
#include "rankpool/sync/holding.hpp"

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

void add(Rank home, std::vector<Holding>& all) {
    std::int64_t seen = 0;
    for (std::int64_t total = 1; seen < total;) {
        auto const reply = Client::here().ask(home, {link::Operation::holdings, seen});
        auto const count = static_cast<std::int64_t>(reply.tail.size() / sizeof(HoldingNote));
        for (std::int64_t i = 0; i < count; ++i) {
            HoldingNote note;
            std::memcpy(&note, reply.tail.data() + static_cast<std::size_t>(i) * sizeof note, sizeof note);
            all.push_back(told(note));
        }
        if (count == 0) return;
        seen += count;
        total = reply.head.first;
    }
}

}  // namespace

std::vector<Holding> holdings(int ranks) {
    std::vector<Holding> all;
    for (int rank = 0; rank < ranks; ++rank) {
        try {
            add(Rank{rank}, all);
        } catch (ClosedError const&) {
            // Lost, with all that it kept.
        }
    }
    return all;
}

}  // namespace rankpool::sync
