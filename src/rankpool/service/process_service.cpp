// SPDX-License-Identifier: MIT
#include "rankpool/service/process_service.hpp"

#include <errno.h>
#include <signal.h>

#include <algorithm>
#include <limits>

namespace rankpool::supervisor {
namespace {

using link::ChildId;
using link::FrameKind;
using link::process_pool;
using link::ProcessNews;
using link::ProcessTerms;
using link::supervisor_of;

}  // namespace

ProcessService::ProcessService(Outbox& outbox, Workers& workers)
    : outbox_(outbox), workers_(workers), load_(static_cast<std::size_t>(outbox.ranks()), 0) {
    // The main worker is a process as well.
    load_[0] = 1;
}

void ProcessService::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::process_start:
            return start(frame);
        case FrameKind::process_place:
            return place(frame);
        case FrameKind::process_spawn:
            return spawn(frame);
        case FrameKind::process_signal:
            return signal(frame);
        case FrameKind::process_born:
        case FrameKind::process_unborn:
        case FrameKind::process_ended:
            return pass_news(frame);
        case FrameKind::process_left:
            return left(frame.head<FrameKind::process_left>().child);
        default:
            link::refuse("a supervisor got a frame about a process that it does not know");
    }
}

void ProcessService::start(link::Frame const& frame) {
    auto const terms = frame.head<FrameKind::process_start>();
    auto const rest = frame.tail<FrameKind::process_start>();
    bool const is_possible = terms.child.parent == frame.header.from && terms.where >= Rank{-1} &&
                             terms.where.value < outbox_.ranks() && terms.name_bytes <= rest.size();
    if (!is_possible) link::refuse("a process that cannot be");
    children_[terms.child] = Child{{}, false, terms.is_daemon != 0};
    outbox_.send(FrameKind::process_place, supervisor_of(Rank{0}), process_pool, terms, rest);
}

/// On rank 0: chooses the rank with the fewest processes, unless the parent has chosen.
void ProcessService::place(link::Frame const& frame) {
    auto terms = frame.head<FrameKind::process_place>();
    if (terms.where != Rank{-1} && outbox_.is_lost(terms.where)) {
        return outbox_.send(FrameKind::process_unborn, supervisor_of(terms.child.parent.rank), process_pool,
                            ProcessNews{terms.child, {}, 0, EHOSTDOWN});
    }
    if (terms.where == Rank{-1}) {
        auto const least = std::min_element(load_.begin(), load_.end());
        terms.where = Rank{static_cast<std::int32_t>(least - load_.begin())};
    }
    ++load_[static_cast<std::size_t>(terms.where.value)];
    placed_[terms.child] = terms.where;
    outbox_.send(FrameKind::process_spawn, supervisor_of(terms.where), process_pool, terms,
                 frame.tail<FrameKind::process_place>());
}

void ProcessService::spawn(link::Frame const& frame) {
    auto const terms = frame.head<FrameKind::process_spawn>();
    processes_[workers_.start_process()] = {terms, Buffer{frame.tail<FrameKind::process_spawn>()}};
}

void ProcessService::born(Address address, pid_t pid) {
    auto const found = processes_.find(address);
    if (found == processes_.end()) return;
    auto& [terms, orders, known_pid] = found->second;
    known_pid = pid;
    outbox_.send(FrameKind::process_serve, address, process_pool, terms, orders.bytes());
    orders = {};
    Rank const parent = terms.child.parent.rank;
    // Its rank may have been lost since the order was given.
    if (outbox_.is_lost(parent)) return orphan(terms.child, {address, true, terms.is_daemon != 0});
    outbox_.send(FrameKind::process_born, supervisor_of(parent), process_pool,
                 ProcessNews{terms.child, address, pid, 0});
}

void ProcessService::unborn(Address process, int error) {
    tell_of_end(process, FrameKind::process_unborn, error);
}

/// Rank 0 hears of it from the parent's rank: until then it tells that one itself if this rank is lost.
void ProcessService::tell_of_end(Address address, link::KindOf<ProcessNews> kind, int status) {
    auto const process = processes_.extract(address);
    if (process.empty()) return;
    ProcessNews const news{process.mapped().terms.child, address, process.mapped().pid, status};
    outbox_.send(kind, supervisor_of(news.child.parent.rank), process_pool, news);
}

/// News of a child, at its parent's rank.
void ProcessService::pass_news(link::Frame const& frame) {
    auto news = frame.head<FrameKind::process_born, FrameKind::process_unborn, FrameKind::process_ended>();
    bool const is_over = frame.header.kind != FrameKind::process_born;
    if (is_over) outbox_.send(FrameKind::process_left, supervisor_of(Rank{0}), process_pool, news);
    auto const found = children_.find(news.child);
    if (found == children_.end()) return;
    Child& child = found->second;
    bool const has_parent = workers_.is_alive(news.child.parent);
    auto const tell_parent = [&](link::KindOf<ProcessNews> kind) {
        if (has_parent) outbox_.send(kind, news.child.parent, process_pool, news);
    };
    if (!is_over) {
        child.address = news.address;
        child.is_born = true;
        tell_parent(FrameKind::process_born);
        if (!has_parent) orphan(news.child, child);
    } else if (child.is_born) {
        // Rank 0, which tells of those on a lost rank, does not know it.
        news.address = child.address;
        tell_parent(FrameKind::process_ended);
    } else {
        if (frame.header.kind == FrameKind::process_ended) news.status = EHOSTDOWN;
        tell_parent(FrameKind::process_unborn);
    }
    if (is_over || !has_parent) children_.erase(found);
}

/// On rank 0: a process is no more, and its parent's rank knows.
void ProcessService::left(ChildId const& child) {
    auto const placed = placed_.extract(child);
    if (!placed.empty()) --load_[static_cast<std::size_t>(placed.mapped().value)];
}

void ProcessService::signal(link::Frame const& frame) {
    auto const news = frame.head<FrameKind::process_signal>();
    Address const from = frame.header.from;
    if (from.slot != link::supervisor_slot && from != news.child.parent)
        link::refuse("a signal to another's process");
    if (news.address.rank != outbox_.rank()) {
        return outbox_.send(FrameKind::process_signal, supervisor_of(news.address.rank), process_pool, news);
    }
    auto const process = processes_.find(news.address);
    if (process != processes_.end() && process->second.terms.child == news.child)
        workers_.signal(news.address, news.status);
}

/// Its parent has ended: a daemon ends too, another lives on, but will get no arguments any more.
void ProcessService::orphan(ChildId const& id, Child const& child) {
    if (child.is_daemon) {
        outbox_.send(FrameKind::process_signal, supervisor_of(child.address.rank), process_pool,
                     ProcessNews{id, child.address, 0, SIGKILL});
    } else {
        outbox_.send(FrameKind::parent_gone, child.address, process_pool, id);
    }
}

void ProcessService::worker_ended(Address worker, int wait_status) {
    tell_of_end(worker, FrameKind::process_ended, wait_status);
    for (auto next = children_.lower_bound(ChildId{worker, 0}); next != children_.end();) {
        if (next->first.parent != worker) break;
        if (next->second.is_born) {
            orphan(next->first, next->second);
            next = children_.erase(next);
        } else {
            ++next;
        }
    }
}

void ProcessService::rank_lost(Rank rank) {
    load_[static_cast<std::size_t>(rank.value)] = std::numeric_limits<int>::max() / 2;
    std::erase_if(placed_, [&](auto const& entry) {
        auto const& [child, where] = entry;
        if (where == rank) {
            outbox_.send(FrameKind::process_ended, supervisor_of(child.parent.rank), process_pool,
                         ProcessNews{child, supervisor_of(rank), 0, SIGKILL});
            return true;
        }
        if (child.parent.rank != rank) return false;
        // Nobody will tell when it ends.
        --load_[static_cast<std::size_t>(where.value)];
        return true;
    });
    for (auto const& [address, process] : processes_) {
        auto const& terms = process.terms;
        bool const is_orphan = process.pid != 0 && terms.child.parent.rank == rank;
        if (is_orphan) orphan(terms.child, {address, true, terms.is_daemon != 0});
    }
}

}  // namespace rankpool::supervisor
