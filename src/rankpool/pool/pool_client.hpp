// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/call.hpp"
#include "rankpool/pool/own_hands.hpp"
#include "rankpool/pool/status_query.hpp"
#include "rankpool/serve/records.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace rankpool::pool {

/// A pool in its owner's process, without the types of what it computes: feeds the inputs of its calls to the
/// home, takes results as they come, streams values too large for a frame.
class PoolClient : public worker::FrameHandler, public std::enable_shared_from_this<PoolClient> {
  public:
    /// Throws UsageError where the options have no meaning.
    PoolClient(worker::Mailbox& mailbox, long size, PoolOptions const& options);
    ~PoolClient() override;
    /// Ends the workers, at once if they still work, and waits until they are gone.
    void shut_down() noexcept;

    [[nodiscard]] std::size_t size() const { return size_; }
    /// Throws UsageError below 1 and on a closed pool.
    void resize(long size);
    /// The workers of a rank get no more tasks, as long as there are others.
    void rest(Rank rank);

    /// Starts a call; throws UsageError when the pool is closed, and what has broken the pool.
    void start(std::shared_ptr<Call> const& call);
    /// Waits until the call is ready; false when the deadline passes first. Throws what a callback of this
    /// call has thrown, once, and UsageError where the call waits for the caller: in its own inputs.
    bool wait(Call& call, Deadline const& deadline = Deadline::never());
    /// The same for a call whose inputs are the caller's: it ends here, however that is.
    void wait_to_end(Call& call);
    /// Lets the pool do what there is to do without waiting.
    void poke();
    /// Waits until `done()`.
    template <class Done>
    bool wait_until(Done done, Deadline const& deadline) {
        return mailbox_.wait(done, deadline);
    }
    /// No more results of this call are wanted.
    void cancel(Call& call);

    /// Ends the call as cancelled, if none of it has begun or its workers may be ended; false where it has
    /// begun or is done.
    bool withdraw(std::shared_ptr<Call> const& call, Kill kill);
    /// A worker is at it now, or some of it is done. Asks all ranks.
    bool is_running(Call const& call);
    /// `then` is called once the call is ready, at once where it is.
    void when_done(std::shared_ptr<Call> const& call, Call::WhenDone then);
    /// The call will be begun, or ended, when another one is done; throws as `start`.
    void defer(std::shared_ptr<Call> const& call);
    /// That other one is done: starts the call, or ends it with the error there was.
    void begin_deferred(std::shared_ptr<Call> const& call, Call const& first, std::exception_ptr error);

    /// Asks all ranks what the workers are doing; the answers gather in `status()`.
    void ask_status();
    [[nodiscard]] StatusQuery const& status() const { return status_; }

    void close() { closed_ = true; }
    /// Throws UsageError where a call cannot come to its end: it reads on only as results are taken.
    void join();
    void terminate();

    void on_frame(link::Frame const& frame) override;
    bool work() override;
    bool call_back() override;
    bool call_back_awaited() override;

    [[nodiscard]] std::string host_of(Rank rank) const;
    [[nodiscard]] worker::Mailbox& mailbox() { return mailbox_; }

  private:
    struct Request {
        Address worker;
        CallId call;
        link::TaskRef task;
    };

    void send_terms(PoolOptions const& options);
    void initialise_own(Initializer const& initializer);
    [[nodiscard]] std::shared_ptr<Call> next_own_call() const;
    bool work_with_own_hands();
    void do_own_task(Call& call, std::span<std::byte const> arguments, std::exception_ptr const& unsent);
    void require_open() const;
    void launch(std::shared_ptr<Call> const& call);
    void end_call(std::shared_ptr<Call> const& call, std::exception_ptr error);
    void answer(std::shared_ptr<Call> const& call);
    template <class Body>
    void run_callback(Call& call, Body body);
    std::unique_ptr<worker::OpenBlob> locate(wire::BufferSink& bound, worker::Pins& pins,
                                             std::function<void(wire::Sink&)> const& encode);
    template <class Head>
    void send_home(std::type_identity_t<link::KindOf<Head>> kind, CallId call, Head const& head,
                   std::span<std::byte const> body = {}) {
        if (hands_) return;
        mailbox_.send(kind, mailbox_.supervisor(), id_, call, head, body);
    }

    bool receive_offered();
    bool send_wanted();
    bool feed_in_turn();
    bool feed(Call& call, Clock::time_point until);
    [[nodiscard]] std::uint64_t room_of(Call const& call) const;
    [[nodiscard]] bool has_room(Call const& call) const;
    [[nodiscard]] std::size_t most_sent(Call const& call) const;
    class Parcel;
    void feed_parcel(Call& call, Clock::time_point until);
    void count_buffered(Call& call, std::uint64_t bytes);
    void drop_buffered(Call& call, std::uint64_t bytes);
    void drop_input(Call& call, std::uint64_t task);
    void end_inputs(Call& call, std::exception_ptr error);
    void let_go(Call& call);
    void show_progress(Call& call);
    void hear_callback_error(Call& call);
    [[nodiscard]] bool is_stuck() const;

    void take_results(link::Frame const& frame);
    void take_next_record(Call& call, TaskReport const& report, worker::Records& records);
    void take_record(Call& call, TaskReport report, std::span<std::byte const> record);
    bool take_passed(Call& call, TaskReport const& report, link::ResultKind kind);
    void take_payload(Call& call, TaskReport const& report, link::ResultKind kind, wire::Source& source);
    void take_loss(link::Frame const& frame);
    void take_break(link::Frame const& frame);
    void take_departure(Address worker);
    void fail(Call& call, TaskReport const& report, std::exception_ptr error);
    void end_all_calls(std::exception_ptr const& error);
    void finish_if_done(Call& call);

    void send_input(Request const& request);
    void receive_result(Request const& request);
    void take_large(Call& call, TaskReport report, link::ResultKind kind, Buffer value);
    std::shared_ptr<Call> find(CallId call);

    worker::Mailbox& mailbox_;
    PoolId id_;
    std::size_t size_;
    std::uint32_t retries_ = 0;
    std::optional<OwnHands> hands_;  ///< where the pool has no workers
    std::unique_ptr<worker::OpenBlob> initializer_;
    worker::Pins pins_;  ///< of the initializer
    bool closed_ = false;
    bool ending_ = false;  ///< its end has been asked for or has come
    bool ended_ = false;   ///< its workers are gone
    std::exception_ptr broken_;
    std::uint32_t next_call_ = 0;
    std::map<CallId, std::shared_ptr<Call>> calls_;
    std::deque<std::shared_ptr<Call>> feeding_;    ///< whose inputs have not all been sent
    std::deque<std::shared_ptr<Call>> finished_;   ///< whose callbacks are due
    std::vector<std::shared_ptr<Call>> deferred_;  ///< to be started when others are done
    std::deque<Request> inputs_wanted_;
    std::deque<Request> results_offered_;
    Address stream_peer_;
    bool stream_lost_ = false;
    std::size_t shown_ = 0;       ///< calls whose progress is shown
    std::uint64_t buffered_ = 0;  ///< bytes of all calls' inputs that wait
    std::unique_ptr<wire::BufferSink> spare_parcel_;
    std::shared_ptr<std::exception_ptr> callback_error_;  ///< the first that nobody has heard of
    StatusQuery status_;
};

}  // namespace rankpool::pool
