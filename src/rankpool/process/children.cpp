// SPDX-License-Identifier: MIT
#include "rankpool/process/children.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/worker/stream.hpp"
#include "rankpool/worker/surroundings.hpp"
#include "rankpool/worker/transfer_scope.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <cstring>
#include <utility>

namespace rankpool::process {
namespace {

using link::FrameKind;
using link::process_pool;

/// Arguments up to this size go with the order to start, larger ones when the process is there.
constexpr std::size_t largest_order = 64 * 1024;

}  // namespace

Children& Children::here() {
    if (worker::this_worker().role == worker::Role::pool_member) {
        throw UsageError(
            "cannot start a process in a task of a pool (the pool counts on its workers). "
            "Start it in the main function or in another process?");
    }
    // Lives until the process ends, since handles may.
    static auto* const the_one = new Children(worker::this_worker().mailbox);
    return *the_one;
}

Children::Children(worker::Mailbox& mailbox) : mailbox_(mailbox) {
    mailbox_.enlist(process_pool, *this);
    worker::this_worker().at_end = [this] { end(); };
}

/// As Python at the end of a process: those that are no daemons are waited for.
void Children::end() {
    mailbox_.wait([this] {
        for (auto const& [number, child] : active_) {
            if (!child->is_daemon) return false;
        }
        return true;
    });
}

std::string Children::next_name() {
    std::string const number = std::to_string(++named_);
    worker::WorkerState const& state = worker::this_worker();
    return state.role == worker::Role::main ? "Process-" + number : state.name + ":" + number;
}

void Children::start(std::shared_ptr<Child> const& child) {
    worker::Pins pins;
    worker::TransferScope const transfer{pins};
    wire::BufferSink order{largest_order};
    bool is_streamed = false;
    try {
        child->call->encode(order);
    } catch (wire::LimitReached const&) {
        is_streamed = true;
        order.clear();
    }
    auto const surroundings =
        worker::changed_surroundings(worker::this_worker().name, {child->environment, child->cwd});
    child->number = ++started_;
    active_[child->number] = child;
    link::ProcessTerms terms;
    terms.child = {mailbox_.self(), child->number};
    terms.where = Rank{child->wanted_rank.value_or(-1)};
    terms.is_daemon = child->is_daemon ? 1 : 0;
    terms.function = child->call->function();
    terms.name_bytes = static_cast<std::uint32_t>(child->name.size());
    terms.surroundings_bytes = static_cast<std::uint32_t>(surroundings.size());
    terms.are_streamed = is_streamed ? 1 : 0;
    std::vector<std::byte> rest;
    for (auto const part : {std::as_bytes(std::span{child->name}), std::span{surroundings}, order.bytes()}) {
        rest.insert(rest.end(), part.begin(), part.end());
    }
    mailbox_.send(FrameKind::process_start, mailbox_.supervisor(), process_pool, {}, terms, rest);

    mailbox_.wait([&] { return child->is_born || child->failure != 0; });
    if (int const failure = std::exchange(child->failure, 0); failure != 0) {
        // As if nobody had tried.
        child->number = 0;
        throw Error("cannot start process " + child->name + " (" + std::strerror(failure) +
                    "). Are there too many for this machine's limits?");
    }
    mailbox_.wait([&] { return child->wants_arguments || child->has_begun || child->wait_status; });
    if (child->wants_arguments) send_arguments(*child);
    mailbox_.wait([&] { return child->has_begun || child->wait_status; });
    child->call.reset();
}

void Children::send_arguments(Child const& child) {
    streaming_to_ = child.number;
    stream_lost_ = child.wait_status.has_value();
    try {
        worker::StreamSink stream{mailbox_, child.address, process_pool, {}, stream_lost_};
        try {
            child.call->encode(stream);
        } catch (SerializationError const&) {
            stream.abandon();
            throw;
        }
        stream.finish();
    } catch (worker::StreamLost const&) {
        // It has ended, as the caller will see.
    }
    streaming_to_ = 0;
}

void Children::signal(Child const& child, int number) {
    if (child.wait_status) return;
    mailbox_.send(FrameKind::process_signal, mailbox_.supervisor(), process_pool, {},
                  link::ProcessNews{{mailbox_.self(), child.number}, child.address, child.pid, number});
}

bool Children::wait(Child const& child, Deadline const& deadline) {
    return mailbox_.wait([&] { return child.wait_status.has_value(); }, deadline);
}

std::vector<std::shared_ptr<Child>> Children::active() {
    look();
    std::vector<std::shared_ptr<Child>> all;
    for (auto const& [number, child] : active_) all.push_back(child);
    return all;
}

void Children::on_frame(link::Frame const& frame) {
    if (frame.header.kind == FrameKind::parent_gone) {
        if (auto& parent = worker::this_worker().parent) parent->is_gone = true;
        return;
    }
    auto const news = frame.head<FrameKind::process_born, FrameKind::process_unborn, FrameKind::process_began,
                                 FrameKind::process_ended, FrameKind::arguments_wanted>();
    auto const found = active_.find(news.child.number);
    if (found == active_.end()) return;
    Child& child = *found->second;
    switch (frame.header.kind) {
        case FrameKind::process_born:
            child.is_born = true;
            child.address = news.address;
            child.pid = news.pid;
            return;
        case FrameKind::arguments_wanted:
            child.wants_arguments = true;
            return;
        case FrameKind::process_began:
            child.has_begun = true;
            return;
        case FrameKind::process_unborn:
            child.failure = news.status;
            active_.erase(found);
            return;
        case FrameKind::process_ended:
            child.wait_status = news.status;
            mailbox_.forget(news.address);
            stream_lost_ |= streaming_to_ == child.number;
            active_.erase(found);
            return;
        default:
            return;
    }
}

}  // namespace rankpool::process
