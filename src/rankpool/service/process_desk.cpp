// SPDX-License-Identifier: MIT
#include "rankpool/service/process_desk.hpp"

#include "rankpool/core/error.hpp"

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

ProcessDesk::ProcessDesk(Outbox& outbox, WorkerTable& workers, ForkServer& forks, Rank here, int ranks)
    : outbox_(outbox),
      workers_(workers),
      forks_(forks),
      here_(here),
      load_(static_cast<std::size_t>(ranks), 0) {
    // The main worker is a process as well.
    load_[0] = 1;
}

void ProcessDesk::on_frame(link::Frame const& frame) {
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
            --load_[static_cast<std::size_t>(frame.header.from.rank.value)];
            placed_.erase(frame.head<ProcessNews>().child);
            return;
        default:
            link::refuse("a supervisor got a frame about a process that it does not know");
    }
}

void ProcessDesk::start(link::Frame const& frame) {
    auto const terms = frame.head<ProcessTerms>();
    bool const is_possible = terms.child.parent == frame.header.from && terms.where >= Rank{-1} &&
                             terms.where.value < static_cast<std::int32_t>(load_.size()) &&
                             terms.name_bytes <= frame.tail<ProcessTerms>().size();
    if (!is_possible) link::refuse("a process that cannot be");
    children_[terms.child] = Child{{}, false, terms.is_daemon != 0};
    link::FrameHeader header = frame.header;
    header.kind = FrameKind::process_place;
    header.to = supervisor_of(Rank{0});
    outbox_.send(header, frame.payload);
}

/// On rank 0: chooses the rank with the fewest processes, unless the parent has chosen.
void ProcessDesk::place(link::Frame const& frame) {
    auto terms = frame.head<ProcessTerms>();
    if (terms.where != Rank{-1} && lost_.contains(terms.where)) {
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
                 frame.tail<ProcessTerms>());
}

void ProcessDesk::spawn(link::Frame const& frame) {
    LocalWorker& worker = workers_.add(WorkerKind::process);
    worker.child = frame.head<ProcessTerms>().child;
    worker.is_daemon = frame.head<ProcessTerms>().is_daemon != 0;
    worker.orders = Buffer{frame.payload};
    forks_.spawn(worker.birth);
}

void ProcessDesk::born(LocalWorker& worker) {
    outbox_.send(
        link::header_of(FrameKind::process_serve, worker.address, supervisor_of(here_), process_pool),
        worker.orders.bytes());
    worker.orders = {};
    tell_parent(worker, FrameKind::process_born, 0);
}

void ProcessDesk::unborn(LocalWorker const& worker, int error) {
    tell_parent(worker, FrameKind::process_unborn, error);
}

void ProcessDesk::tell_parent(LocalWorker const& worker, FrameKind kind, int status) {
    ProcessNews const news{worker.child.value(), worker.address, worker.pid, status};
    outbox_.send(kind, supervisor_of(news.child.parent.rank), process_pool, news);
    if (kind == FrameKind::process_born) return;
    outbox_.send(FrameKind::process_left, supervisor_of(Rank{0}), process_pool, news);
}

/// News of a child, at its parent's rank.
void ProcessDesk::pass_news(link::Frame const& frame) {
    auto news = frame.head<ProcessNews>();
    auto const child = children_.find(news.child);
    FrameKind kind = frame.header.kind;
    if (kind == FrameKind::process_ended && child != children_.end()) {
        // Rank 0, which tells of those on a lost rank, does not know it.
        news.address = child->second.address;
        if (!child->second.is_born) {
            kind = FrameKind::process_unborn;
            news.status = EHOSTDOWN;
        }
    }
    bool const lives = workers_.find(news.child.parent.slot, news.child.parent.generation) != nullptr;
    if (kind != FrameKind::process_born) {
        if (child != children_.end()) children_.erase(child);
    } else if (child != children_.end()) {
        child->second.address = news.address;
        child->second.is_born = true;
        if (!lives) {
            orphan(news.child, child->second);
            children_.erase(child);
        }
    }
    if (lives) outbox_.send(kind, news.child.parent, process_pool, news);
}

void ProcessDesk::signal(link::Frame const& frame) {
    auto const news = frame.head<ProcessNews>();
    if (news.address.rank != here_) {
        return outbox_.send(FrameKind::process_signal, supervisor_of(news.address.rank), process_pool, news);
    }
    if (LocalWorker const* worker = workers_.find(news.address.slot, news.address.generation)) {
        forks_.signal(worker->birth, news.status);
    }
}

/// Its parent has ended: a daemon ends too, another lives on, but will get no arguments any more.
void ProcessDesk::orphan(ChildId const& id, Child const& child) {
    if (child.is_daemon) {
        outbox_.send(FrameKind::process_signal, supervisor_of(child.address.rank), process_pool,
                     ProcessNews{id, child.address, 0, SIGKILL});
    } else {
        outbox_.send(FrameKind::parent_gone, child.address, process_pool, id);
    }
}

void ProcessDesk::worker_ended(LocalWorker const& worker, int wait_status) {
    if (worker.child) tell_parent(worker, FrameKind::process_ended, wait_status);
    for (auto next = children_.lower_bound(ChildId{worker.address, 0}); next != children_.end();) {
        if (next->first.parent != worker.address) break;
        if (next->second.is_born) {
            orphan(next->first, next->second);
            next = children_.erase(next);
        } else {
            ++next;
        }
    }
}

void ProcessDesk::rank_lost(Rank rank) {
    lost_.insert(rank);
    load_[static_cast<std::size_t>(rank.value)] = std::numeric_limits<int>::max() / 2;
    // Rank 0 alone knows of those that had not been born.
    for (auto next = placed_.begin(); next != placed_.end();) {
        auto const [child, where] = *next;
        next = where == rank ? placed_.erase(next) : std::next(next);
        if (where != rank) continue;
        outbox_.send(FrameKind::process_ended, supervisor_of(child.parent.rank), process_pool,
                     ProcessNews{child, supervisor_of(rank), 0, SIGKILL});
    }
    for (auto const& worker : workers_.living()) {
        if (!worker->child || worker->child->parent.rank != rank) continue;
        orphan(*worker->child, Child{worker->address, true, worker->is_daemon});
    }
}

}  // namespace rankpool::supervisor
