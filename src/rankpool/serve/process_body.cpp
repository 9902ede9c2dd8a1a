// SPDX-License-Identifier: MIT
#include "rankpool/serve/process_body.hpp"

#include "rankpool/core/log.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/task/program.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/worker/current_process.hpp"
#include "rankpool/worker/exit.hpp"
#include "rankpool/worker/surroundings.hpp"

#include <cstdlib>

namespace rankpool::worker {
namespace {

using link::FrameKind;
using link::process_pool;

link::ChildId self_as_child;

}  // namespace

ProcessBody::ProcessBody(WorkerState& state) : state_(state) {
    state_.mailbox.enlist(process_pool, *this);
}

int ProcessBody::run() {
    state_.mailbox.wait([this] { return terms_.has_value(); });
    self_as_child = terms_->child;
    int code = EXIT_SUCCESS;
    try {
        state_.parent =
            Parent{take_surroundings(surroundings_.bytes()), terms_->child.parent.rank, parent_lost_};
        call();
    } catch (ExitRequest const& request) {
        code = request.code;
    } catch (wire::StreamBroken const&) {
        // The parent knows, or is dead.
        code = EXIT_FAILURE;
    } catch (...) {
        complain();
        code = EXIT_FAILURE;
    }
    if (state_.at_end) state_.at_end();
    return code;
}

void ProcessBody::call() {
    wire::BufferSink nothing;
    auto const run_from = [&](wire::Source& source) {
        auto const program = task::load(terms_->function, source);
        program->run(source, nothing);
    };
    if (terms_->are_streamed == 0) {
        wire::Source source{arguments_.bytes()};
        return run_from(source);
    }
    state_.mailbox.send(FrameKind::arguments_wanted, terms_->child.parent, process_pool, {},
                        link::ProcessNews{terms_->child, state_.mailbox.self(), 0, 0});
    StreamSource source{state_.mailbox, terms_->child.parent, parent_lost_};
    run_from(source);
}

void ProcessBody::complain() const {
    say("process " + state_.name + " on rank " + std::to_string(current_process().rank()) + ", host " +
        current_process().host() + ", ended with an uncaught " + text_of_current_exception());
}

void ProcessBody::on_frame(link::Frame const& frame) {
    if (frame.header.kind == FrameKind::parent_gone) {
        parent_lost_ = true;
        if (state_.parent) state_.parent->is_gone = true;
    }
    if (frame.header.kind != FrameKind::process_serve) return;
    terms_ = frame.head<FrameKind::process_serve>();
    auto const rest = frame.tail<FrameKind::process_serve>();
    auto const name = rest.first(terms_->name_bytes);
    state_.name.assign(reinterpret_cast<char const*>(name.data()), name.size());
    state_.is_daemon = terms_->is_daemon != 0;
    surroundings_ = Buffer{rest.subspan(name.size(), terms_->surroundings_bytes)};
    arguments_ = Buffer{rest.subspan(name.size() + surroundings_.size())};
}

void process_begins() {
    Mailbox& mailbox = this_worker().mailbox;
    mailbox.send(FrameKind::process_began, self_as_child.parent, process_pool, {},
                 link::ProcessNews{self_as_child, mailbox.self(), 0, 0});
}

}  // namespace rankpool::worker
