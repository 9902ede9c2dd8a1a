// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/sparse_clock.hpp"
#include "rankpool/serve/result_writer.hpp"
#include "rankpool/task/program.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace rankpool::worker {

/// A worker process as the member of a pool: runs batches until it is retired.
class PoolWorker : public FrameHandler {
  public:
    explicit PoolWorker(WorkerState& state);

    /// The life of the member; returns its exit code.
    int run();

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }

  private:
    struct Call {
        link::CallTerms terms;
        Buffer bound;
        std::unique_ptr<task::Program> program;
        std::string unfit;  ///< why the program could not be made
        bool is_dropped = false;
    };
    struct Batch {
        CallId call;
        link::Batch terms;
        Buffer records;
        bool held = false;
    };
    struct Failure {
        link::ResultKind kind;
        std::string type_name;
        std::string text;
    };

    std::unique_ptr<task::Program> load(link::Code const& code, Buffer const& bound);
    bool initialise();
    [[nodiscard]] std::string tag() const;
    void keep_orders(std::span<std::byte const> orders);
    void take_batch(link::Frame const& frame, bool held);
    [[nodiscard]] bool has_batch() const { return batches_.size() > (arriving_ > 0 ? 1 : 0); }
    void drop_calls_before(CallId oldest);

    bool begins(Batch const& batch, std::uint32_t index);
    std::uint32_t begin_rest(Batch const& batch);
    void run_batch(Batch const& batch);
    void run_each(Call& call, Batch const& batch);
    void skip(Call const& call, Batch const& batch);
    void run_together(Call& call, Batch const& batch);
    std::optional<Failure> reduce(Call& call, Batch const& batch, std::uint64_t& task);
    std::optional<Failure> add_to_reduction(Call& call, Batch const& batch, std::uint64_t task,
                                            std::span<std::byte const> record);
    void run_task(Call& call, Batch const& batch, std::uint64_t task, std::span<std::byte const> record);
    std::optional<Failure> attempt(Call& call, Batch const& batch, std::uint64_t task,
                                   std::span<std::byte const> record, link::Details& details);
    template <class Run>
    std::optional<Failure> guard(task::Program* program, Run run);
    void report(std::uint64_t task, std::uint32_t tasks, Failure const& failure, link::Details details,
                std::optional<std::uint64_t> index);
    void begin_task(std::uint64_t task);
    void mark(link::Activity activity, std::uint64_t task);
    void note_time();
    void flush_in_time();

    WorkerState& state_;
    Mailbox& mailbox_;
    Blobs& blobs_;
    std::optional<link::Serve> serve_;
    Buffer surroundings_;
    Buffer initializer_;
    std::optional<ResultWriter> writer_;
    std::map<CallId, Call> calls_;
    std::deque<Batch> batches_;
    std::uint64_t arriving_ = 0;  ///< bytes of the last batch that are still to come
    bool retired_ = false;
    SparseClock clock_;
    Clock::time_point started_;  ///< the task, or the tasks since the clock was read
    Clock::time_point flushed_;
};

}  // namespace rankpool::worker
