// SPDX-License-Identifier: MIT
#include "rankpool/serve/pool_worker.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/serve/crash_handler.hpp"
#include "rankpool/serve/printing.hpp"
#include "rankpool/serve/records.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/damaged_link.hpp"
#include "rankpool/worker/surroundings.hpp"
#include "rankpool/worker/transfer_scope.hpp"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>

namespace rankpool::worker {
namespace {

using link::Activity;
using link::FrameKind;
using link::ResultKind;

/// Results wait at most this long, or until there are this many bytes of them, to travel together.
constexpr std::chrono::milliseconds flush_after{4};
constexpr std::size_t flush_bytes = 32 * 1024;

/// Notes how long it is since `start` when its scope is left, however that is.
struct Elapsed {
    Clock::time_point const& start;
    link::Details* details;

    ~Elapsed() {
        if (details) details->elapsed_ns = (Clock::now() - start).count();
    }
};

/// Where that cannot be, anything runs anywhere as before.
void bind_to(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(processor), &one);
    (void)::sched_setaffinity(0, sizeof one, &one);
}

}  // namespace

PoolWorker::PoolWorker(WorkerState& state) : state_(state), mailbox_(state.mailbox), blobs_(state.blobs) {
    mailbox_.enlist_default(*this);
}

int PoolWorker::run() {
    mailbox_.wait([this] { return serve_ || retired_; });
    if (!serve_) return EXIT_SUCCESS;
    if (!initialise()) {
        mailbox_.wait([this] { return retired_; });
        return EXIT_SUCCESS;
    }
    writer_.emplace(mailbox_, link::supervisor_of(serve_->terms.home), serve_->terms.owner, serve_->pool);
    writer_->set_member(serve_->member);
    while (true) {
        mailbox_.wait([this] { return has_batch() || (retired_ && batches_.empty()); });
        if (batches_.empty()) break;
        Batch const batch = std::move(batches_.front());
        batches_.pop_front();
        run_batch(batch);
        if (batches_.empty()) mailbox_.board().gathers.store(0);
    }
    if (state_.at_end) state_.at_end();
    return EXIT_SUCCESS;
}

std::unique_ptr<task::Program> PoolWorker::load(link::Code const& code, Buffer const& bound) {
    if (code.blob.number == 0) {
        wire::Source source{bound.bytes()};
        return task::load(code.function, source);
    }
    auto const blob = blobs_.fetch(code.blob);
    wire::Source source{blob->bytes()};
    return task::load(code.function, source);
}

bool PoolWorker::initialise() {
    link::MemberState state;
    state.member = serve_->member;
    state.address = mailbox_.self();
    Address const home = link::supervisor_of(serve_->terms.home);
    std::unique_ptr<task::Program> program;
    note_crashes(mailbox_.board().crash);
    auto const failure = guard(nullptr, [&] {
        if (serve_->terms.tag_output != 0) tag_lines([this] { return tag(); });
        state_.parent = Parent{take_surroundings(surroundings_.bytes()), serve_->terms.owner.rank};
        if (serve_->terms.initializer.has_code == 0) return;
        program = load(serve_->terms.initializer, initializer_);
        wire::Source nothing;
        wire::BufferSink ignored;
        program->run(nothing, ignored);
    });
    if (failure) {
        std::string const why = failure->type_name + std::string(1, '\0') + failure->text;
        std::string_view const sent = std::string_view{why}.substr(0, link::largest_payload / 2);
        mailbox_.send(FrameKind::member_unfit, home, serve_->pool, {}, state, std::as_bytes(std::span{sent}));
        return false;
    }
    mailbox_.send(FrameKind::member_up, home, serve_->pool, {}, state);
    return true;
}

/// Of a line that is printed now.
std::string PoolWorker::tag() const {
    std::string tag =
        "[rank " + std::to_string(mailbox_.self().rank.value) + " pid " + std::to_string(::getpid());
    link::StatusBoard const& board = mailbox_.board();
    if (board.activity.load(std::memory_order_relaxed) == Activity::task) {
        tag += " task " + std::to_string(board.task.load(std::memory_order_relaxed));
    }
    return tag + "] ";
}

void PoolWorker::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::serve:
            serve_ = frame.head<FrameKind::serve>();
            bind_to(serve_->processor);
            state_.member = serve_->member.value;
            state_.name = "PoolWorker-" + std::to_string(serve_->member.value + 1);
            keep_orders(frame.tail<FrameKind::serve>());
            return;
        case FrameKind::call_info:
            calls_.try_emplace(frame.header.call, Call{frame.head<FrameKind::call_info>(),
                                                       Buffer{frame.tail<FrameKind::call_info>()},
                                                       nullptr,
                                                       {},
                                                       false});
            return;
        case FrameKind::batch:
            return take_batch(frame, false);
        case FrameKind::batch_held:
            return take_batch(frame, true);
        case FrameKind::call_drop:
            if (auto const call = calls_.find(frame.header.call); call != calls_.end()) {
                call->second.is_dropped = true;
            }
            return;
        case FrameKind::retire:
            retired_ = true;
            if (frame.head<FrameKind::retire>().ending == link::Ending::at_once) batches_.clear();
            return;
        case FrameKind::result_granted:
            return writer_->grant();
        default:
            return;
    }
}

void PoolWorker::keep_orders(std::span<std::byte const> orders) {
    std::size_t const split = serve_->terms.surroundings_bytes;
    surroundings_ = Buffer{orders.first(split)};
    initializer_ = Buffer{orders.subspan(split)};
}

void PoolWorker::take_batch(link::Frame const& frame, bool held) {
    auto const terms = frame.head<FrameKind::batch, FrameKind::batch_held>();
    or_end([&] {
        if (terms.count == 0) link::refuse("a batch of no tasks");
    });
    auto const records = frame.tail<FrameKind::batch, FrameKind::batch_held>();
    if (arriving_ == 0) {
        batches_.push_back({frame.header.call, terms, Buffer{records.size() + terms.more}, held});
    }
    Buffer& all = batches_.back().records;
    std::size_t const at = all.size() - records.size() - terms.more;
    if (!records.empty()) std::memcpy(all.data() + at, records.data(), records.size());
    arriving_ = terms.more;
    if (terms.count > 1 && (calls_.at(frame.header.call).terms.flags & link::call_is_fixed) == 0) {
        mailbox_.board().gathers.store(1);
    }
}

void PoolWorker::drop_calls_before(CallId oldest) {
    calls_.erase(calls_.begin(), calls_.lower_bound(oldest));
}

void PoolWorker::run_batch(Batch const& batch) {
    drop_calls_before(batch.terms.oldest);
    Call& call = calls_.at(batch.call);
    if (!call.program && call.unfit.empty() && !call.is_dropped) {
        auto const failure = guard(nullptr, [&] { call.program = load(call.terms.code, call.bound); });
        if (failure) call.unfit = "what is bound to the function: " + failure->text;
    }
    writer_->begin(batch.call, call.terms.flags);
    mailbox_.board().call.store(batch.call.value, std::memory_order_relaxed);
    bool const exact = serve_->terms.timeout_ns > 0 || (call.terms.flags & link::call_is_detailed) != 0;
    clock_ = SparseClock{exact};
    flushed_ = started_ = clock_.now();
    if (call.is_dropped) {
        skip(call, batch);
    } else if ((call.terms.flags & link::call_is_reduction) != 0) {
        run_together(call, batch);
    } else {
        run_each(call, batch);
    }
    writer_->set_lasts(batch.terms.last);
    writer_->flush();
    if (call.program) call.program->forget();
}

/// Nobody wants its results; but it is to be known that they will not come.
void PoolWorker::skip(Call const& call, Batch const& batch) {
    link::Details none;
    bool const together = (call.terms.flags & link::call_is_reduction) != 0;
    std::uint32_t const count = begin_rest(batch);
    std::uint32_t const each = together ? count : 1;
    for (std::uint32_t i = 0; i < count; i += each) {
        writer_->add(batch.terms.first + i, each, ResultKind::skipped, none, ResultWriter::Nothing{});
    }
}

void PoolWorker::run_each(Call& call, Batch const& batch) {
    Records records{batch.records.bytes()};
    for (std::uint32_t i = 0; i < batch.terms.count; ++i) {
        if (!begins(batch, i)) return;
        std::uint64_t const task = batch.terms.first + i;
        auto const record = batch.held ? std::span<std::byte const>{} : records.next();
        if (record) {
            run_task(call, batch, task, *record);
        } else {
            link::Details none;
            writer_->add(task, 1, ResultKind::skipped, none, ResultWriter::Nothing{});
        }
        // The last results are sent with the word that they are.
        if (i + 1 < batch.terms.count) flush_in_time();
    }
}

/// False where the task, the `index`th of those in the frame, has been taken back, and so all behind it.
bool PoolWorker::begins(Batch const& batch, std::uint32_t index) {
    if (batch.terms.whole == 0) return true;
    auto& allotment = mailbox_.board().allotments.at(batch.terms.allotment);
    return or_end(
        [&] { return allotment.begin(batch.terms.number, batch.terms.whole, batch.terms.offset + index); });
}

/// Begins all that is left of those in the frame; returns how many that makes of them.
std::uint32_t PoolWorker::begin_rest(Batch const& batch) {
    if (batch.terms.whole == 0) return batch.terms.count;
    auto& allotment = mailbox_.board().allotments.at(batch.terms.allotment);
    std::uint32_t const end = batch.terms.offset + batch.terms.count;
    std::uint32_t const begun =
        or_end([&] { return allotment.begin_until(batch.terms.number, batch.terms.whole, end); });
    return std::max(begun, batch.terms.offset) - batch.terms.offset;
}

void PoolWorker::run_task(Call& call, Batch const& batch, std::uint64_t task,
                          std::span<std::byte const> record) {
    link::Details details{0, batch.terms.crashes};
    while (true) {
        ++details.attempts;
        auto const failure = attempt(call, batch, task, record, details);
        if (!failure) return;
        bool const again = failure->kind == ResultKind::thrown && details.attempts <= call.terms.retries;
        if (!again) return report(task, 1, *failure, details, std::nullopt);
    }
}

std::optional<PoolWorker::Failure> PoolWorker::attempt(Call& call, Batch const& batch, std::uint64_t task,
                                                       std::span<std::byte const> record,
                                                       link::Details& details) {
    if (!call.program) return Failure{ResultKind::unsendable, {}, call.unfit};
    // While its owner has still to send the input, the task does not run.
    mark(batch.held ? Activity::sending : Activity::task, task);
    bool has_run = false;
    bool const detailed = (call.terms.flags & link::call_is_detailed) != 0;
    auto const run = [&](wire::Source& arguments, wire::Sink& result) {
        has_run = true;
        Elapsed const elapsed{started_, detailed ? &details : nullptr};
        call.program->run(arguments, result);
    };
    TransferScope transfer;
    auto failure = guard(call.program.get(), [&] {
        if (batch.held) {
            // The arguments pass through the mailbox while they are read: nothing may be reserved there.
            writer_->flush();
            mailbox_.send(FrameKind::input_wanted, serve_->terms.owner, serve_->pool, batch.call,
                          link::TaskRef{task, 0, 0, 0});
            StreamSource arguments{mailbox_, serve_->terms.owner, never_lost};
            call.program->set_begin([&] { begin_task(task); });
            FrameSink refuse;
            try {
                run(arguments, refuse);
            } catch (wire::LimitReached const&) {
                // The result is kept, and written below.
            }
        }
        wire::Source arguments{record};
        writer_->add(task, 1, ResultKind::value, details, [&](wire::Sink& result) {
            if (has_run) {
                call.program->encode_result(result);
            } else {
                run(arguments, result);
            }
        });
    });
    call.program->set_begin({});
    if (!failure) transfer.arrives();
    mark(Activity::nothing, task);
    note_time();
    return failure;
}

void PoolWorker::begin_task(std::uint64_t task) {
    clock_.restart();
    started_ = clock_.now();
    mark(Activity::task, task);
}

void PoolWorker::run_together(Call& call, Batch const& batch) {
    std::uint64_t task = batch.terms.first;
    link::Details details{0, 1};
    std::optional<Failure> failure;
    for (std::uint32_t tries = 0;; ++tries) {
        failure = reduce(call, batch, task);
        if (!failure) break;
        // A combination that has failed has used up what it was to combine: all of it is made again.
        bool const again = call.program && call.program->phase() == task::Program::Phase::combination &&
                           tries < call.terms.retries;
        if (call.program) call.program->forget();
        if (!again) break;
    }
    // Where one has failed the others need not be tried.
    auto const count = failure ? begin_rest(batch) : static_cast<std::uint32_t>(task - batch.terms.first);
    if (!failure && count > 0) {
        failure = guard(call.program.get(), [&] {
            writer_->add(batch.terms.first, count, ResultKind::value, details,
                         [&](wire::Sink& result) { call.program->flush(result); });
        });
    }
    mark(Activity::nothing, task);
    if (failure) report(batch.terms.first, count, *failure, details, task);
}

/// Runs all tasks of a batch of a reduction, each as often as it may be tried; `task` tells which has failed.
std::optional<PoolWorker::Failure> PoolWorker::reduce(Call& call, Batch const& batch, std::uint64_t& task) {
    Records records{batch.records.bytes()};
    task = batch.terms.first;
    for (std::uint32_t i = 0; i < batch.terms.count && begins(batch, i); ++i, ++task) {
        auto const record = batch.held ? std::span<std::byte const>{} : records.next();
        if (!record) return Failure{ResultKind::skipped, {}, {}};
        for (std::uint32_t tries = 0;; ++tries) {
            auto failure = add_to_reduction(call, batch, task, *record);
            if (!failure) break;
            bool const again = failure->kind == ResultKind::thrown && tries < call.terms.retries &&
                               call.program->phase() == task::Program::Phase::function;
            if (!again) return failure;
        }
    }
    return std::nullopt;
}

std::optional<PoolWorker::Failure> PoolWorker::add_to_reduction(Call& call, Batch const& batch,
                                                                std::uint64_t task,
                                                                std::span<std::byte const> record) {
    if (!call.program) return Failure{ResultKind::unsendable, {}, call.unfit};
    mark(batch.held ? Activity::sending : Activity::task, task);
    auto failure = guard(call.program.get(), [&] {
        call.program->at(task);
        wire::BufferSink nothing;
        if (batch.held) {
            mailbox_.send(FrameKind::input_wanted, serve_->terms.owner, serve_->pool, batch.call,
                          link::TaskRef{task, 0, 0, 0});
            StreamSource arguments{mailbox_, serve_->terms.owner, never_lost};
            call.program->set_begin([&] { begin_task(task); });
            call.program->run(arguments, nothing);
        } else {
            wire::Source arguments{record};
            call.program->run(arguments, nothing);
        }
    });
    call.program->set_begin({});
    note_time();
    return failure;
}

void PoolWorker::note_time() {
    if (!clock_.tick()) return;
    writer_->add_busy((clock_.now() - started_).count());
    started_ = clock_.now();
}

template <class Run>
std::optional<PoolWorker::Failure> PoolWorker::guard(task::Program* program, Run run) {
    try {
        run();
        return std::nullopt;
    } catch (StreamAbandoned const&) {
        return Failure{ResultKind::skipped, {}, {}};
    } catch (...) {
        CaughtError error = describe_current_exception();
        using Phase = task::Program::Phase;
        bool const users =
            !program || program->phase() == Phase::function || program->phase() == Phase::combination;
        return Failure{users ? ResultKind::thrown : ResultKind::unsendable, std::move(error.type_name),
                       std::move(error.message)};
    }
}

void PoolWorker::report(std::uint64_t task, std::uint32_t tasks, Failure const& failure,
                        link::Details details, std::optional<std::uint64_t> index) {
    writer_->add(task, tasks, failure.kind, details, [&](wire::Sink& sink) {
        if (index) wire::encode(sink, *index);
        if (failure.kind == ResultKind::thrown) wire::encode(sink, failure.type_name);
        if (failure.kind != ResultKind::skipped) wire::encode(sink, failure.text);
    });
}

void PoolWorker::mark(Activity activity, std::uint64_t task) {
    link::StatusBoard& board = mailbox_.board();
    if (activity == Activity::task) {
        board.started_ns.store(started_.time_since_epoch().count(), std::memory_order_relaxed);
        board.task.store(task, std::memory_order_relaxed);
    }
    board.activity.store(activity, std::memory_order_release);
}

void PoolWorker::flush_in_time() {
    if (writer_->pending() < flush_bytes && started_ - flushed_ < flush_after) return;
    writer_->flush();
    clock_.restart();
    flushed_ = started_ = clock_.now();
}

}  // namespace rankpool::worker
