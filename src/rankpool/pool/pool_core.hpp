// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/call.hpp"
#include "rankpool/pool/roll_call.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/worker/post.hpp"
#include "rankpool/worker/records.hpp"

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>

namespace rankpool::pool {

/// A pool in its owner's process, without the types of what it computes: feeds the inputs of its calls to the
/// home, takes results as they come, streams values too large for a frame.
class PoolCore : public worker::Correspondent {
  public:
    /// Throws UsageError where the options have no meaning.
    PoolCore(worker::Post& post, long size, PoolOptions const& options);
    ~PoolCore() override;
    /// Ends the workers, at once if they still work, and waits until they are gone.
    void shut_down() noexcept;

    [[nodiscard]] std::size_t size() const { return size_; }

    /// Starts a call; throws UsageError when the pool is closed, and what has broken the pool.
    void start(std::shared_ptr<Call> const& call);
    /// Waits until the call is ready; false when the deadline passes first.
    bool wait(Call const& call, Deadline const& deadline = Deadline::never());
    /// Lets the pool do what there is to do without waiting.
    void poke() { post_.pump(); }
    /// Waits until `done()`.
    template <class Done>
    bool wait_until(Done done, Deadline const& deadline) {
        return post_.wait(done, deadline);
    }
    /// No more results of this call are wanted.
    void cancel(Call& call);

    /// Asks all ranks what the workers are doing; the answers gather in `roll()`.
    void call_roll();
    [[nodiscard]] RollCall const& roll() const { return roll_; }

    void close() { closed_ = true; }
    void join();
    void terminate();

    void on_frame(link::Frame const& frame) override;
    bool work() override;
    bool call_back() override;

    [[nodiscard]] std::string host_of(Rank rank) const;
    [[nodiscard]] worker::Post& post() { return post_; }

  private:
    struct Request {
        Address worker;
        CallId call;
        link::TaskRef task;
    };

    void send_terms(PoolOptions const& options);
    std::unique_ptr<worker::OpenBlob> locate(wire::BufferSink& bound, worker::Pins& pins,
                                             std::function<void(wire::Sink&)> const& encode);
    template <class Head>
    void send_home(link::FrameKind kind, CallId call, Head const& head,
                   std::span<std::byte const> body = {}) {
        post_.send(kind, post_.supervisor(), id_, call, head, body);
    }

    bool feed(Call& call);
    bool may_feed(Call const& call) const;
    std::uint64_t feed_parcel(Call& call);
    bool add_record(Call& call, std::uint64_t task);
    void end_inputs(Call& call, std::exception_ptr error);

    void take_results(link::Frame const& frame);
    void take_record(Call& call, TaskReport report, std::span<std::byte const> record);
    void take_payload(Call& call, TaskReport const& report, link::ResultKind kind, wire::Source& source);
    void take_loss(link::Frame const& frame);
    void take_break(link::Frame const& frame);
    void take_departure(Address worker);
    void fail(Call& call, TaskReport const& report, std::exception_ptr error);
    void end_all_calls(std::exception_ptr const& error);
    void finish_if_done(Call& call);

    void send_input(Request const& request);
    void receive_result(Request const& request);
    Call* find(CallId call);

    worker::Post& post_;
    PoolId id_;
    std::size_t size_;
    std::uint32_t retries_ = 0;
    std::unique_ptr<worker::OpenBlob> initializer_;
    worker::Pins pins_;  ///< of the initializer
    bool closed_ = false;
    bool ending_ = false;  ///< its end has been asked for or has come
    bool ended_ = false;   ///< its workers are gone
    std::exception_ptr broken_;
    std::uint32_t next_call_ = 0;
    std::map<CallId, std::shared_ptr<Call>> calls_;
    std::list<std::shared_ptr<Call>> feeding_;    ///< whose inputs have not all been sent
    std::deque<std::shared_ptr<Call>> finished_;  ///< whose callbacks are due
    std::deque<Request> inputs_wanted_;
    std::deque<Request> results_offered_;
    Address stream_peer_;
    bool stream_lost_ = false;
    wire::BufferSink parcel_;
    RollCall roll_;
};

}  // namespace rankpool::pool
