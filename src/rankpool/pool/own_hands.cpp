// SPDX-License-Identifier: MIT
#include "rankpool/pool/own_hands.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <utility>

namespace rankpool::pool {

using link::ResultKind;

/// While it lives this process passes for a worker of the pool.
class OwnHands::AtWork {
  public:
    explicit AtWork(OwnHands& hands)
        : hands_(hands), role_(worker::this_worker().role), member_(worker::this_worker().member) {
        hands_.is_busy_ = true;
        worker::this_worker().role = worker::Role::pool_member;
        worker::this_worker().member = 0;
    }
    ~AtWork() {
        worker::this_worker().role = role_;
        worker::this_worker().member = member_;
        hands_.is_busy_ = false;
    }
    AtWork(AtWork const&) = delete;

  private:
    OwnHands& hands_;
    worker::Role role_;
    std::optional<std::uint32_t> member_;
};

void OwnHands::initialise(Initializer const& initializer) {
    auto const function = initializer.function();
    if (!function) return;
    AtWork const at_work{*this};
    worker::Pins pins;
    worker::TransferScope const transfer{pins};
    wire::BufferSink bound;
    initializer.encode(bound);
    wire::Source source{bound.bytes()};
    wire::Source nothing;
    wire::BufferSink ignored;
    task::load(*function, source)->run(nothing, ignored);
}

std::shared_ptr<task::Program> OwnHands::program_of(Call const& call) {
    auto& program = programs_[call.id];
    if (!program) {
        worker::Pins pins;
        worker::TransferScope const transfer{pins};
        wire::BufferSink bound;
        call.encode_callable(bound);
        wire::Source source{bound.bytes()};
        program = task::load(call.function(), source);
    }
    return program;
}

void OwnHands::run(Call const& call, std::uint64_t task, std::span<std::byte const> arguments,
                   wire::BufferSink& record) {
    AtWork const at_work{*this};
    auto const begin = Clock::now();
    std::optional<Failure> failure;
    wire::BufferSink result;
    link::Details details{0, 0};
    do {
        ++details.attempts;
        result.clear();
        failure = attempt(call, task, arguments, result);
    } while (failure && failure->kind == ResultKind::thrown && details.attempts <= retries_);
    details.elapsed_ns = (Clock::now() - begin).count();

    ResultKind const kind = failure ? failure->kind : ResultKind::value;
    record.write(&kind, sizeof kind);
    if ((call.flags() & link::call_is_detailed) != 0) record.write(&details, sizeof details);
    if (!failure) {
        record.write(result.bytes().data(), result.size());
        return;
    }
    if ((call.flags() & link::call_is_reduction) != 0) wire::encode(record, task);
    if (kind == ResultKind::thrown) wire::encode(record, failure->type_name);
    wire::encode(record, failure->text);
}

std::optional<OwnHands::Failure> OwnHands::attempt(Call const& call, std::uint64_t task,
                                                   std::span<std::byte const> arguments, wire::Sink& result) {
    std::shared_ptr<task::Program> program;
    try {
        program = program_of(call);
        worker::TransferScope transfer;
        wire::Source source{arguments};
        program->at(task);
        program->run(source, result);
        if ((call.flags() & link::call_is_reduction) != 0) program->flush(result);
        program->forget();
        transfer.arrives();
        return std::nullopt;
    } catch (...) {
        auto error = describe_current_exception();
        using Phase = task::Program::Phase;
        bool const users =
            program && (program->phase() == Phase::function || program->phase() == Phase::combination);
        if (program) program->forget();
        if (!program) error.message = "what is bound to the function: " + error.message;
        return Failure{users ? ResultKind::thrown : ResultKind::unsendable, std::move(error.type_name),
                       std::move(error.message)};
    }
}

}  // namespace rankpool::pool
