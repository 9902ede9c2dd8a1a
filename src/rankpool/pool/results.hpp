// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/outcome.hpp"
#include "rankpool/pool/pool_core.hpp"
#include "rankpool/pool/typed_call.hpp"
#include "rankpool/task/reduce_task.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace rankpool::pool {

/// Collects a vector of results in input order: map and starmap.
template <class R>
class ListResults : public AnswerCall<std::vector<R>> {
  public:
    void take_value(TaskReport const& report, wire::Source& value) override {
        if constexpr (in_place) {
            wire::decode_fresh(value, slot(this->answer_, report.task));
        } else {
            slot(slots_, report.task) = wire::decode<R>(value);
        }
    }

  private:
    // The elements of std::vector<bool> cannot be referred to.
    static constexpr bool in_place = !std::is_same_v<R, bool>;

    template <class Vector>
    auto& slot(Vector& vector, std::uint64_t index) {
        if (vector.size() <= index) vector.resize(std::max<std::uint64_t>(index + 1, this->fed));
        return vector[index];
    }
    void settle() override {
        if constexpr (!in_place) this->answer_.assign(slots_.begin(), slots_.end());
    }

    std::vector<std::conditional_t<in_place, std::monostate, char>> slots_;
};

/// Takes the one result of apply.
template <class R>
class OneResult : public AnswerCall<R> {
  public:
    void take_value(TaskReport const& /*report*/, wire::Source& value) override {
        wire::decode_fresh(value, this->answer_);
    }
};

/// The results of map: a list, or for functions that return nothing just the end.
template <class R>
using ListOf = std::conditional_t<std::is_same_v<R, std::monostate>, OneResult<R>, ListResults<R>>;

/// Collects outcomes in input order: try_map.
template <class R>
class Outcomes : public AnswerCall<std::vector<Outcome<R>>> {
  public:
    explicit Outcomes(PoolCore const* core) : core_(core) {}

    std::uint32_t flags() const override { return link::call_is_detailed; }
    void take_value(TaskReport const& report, wire::Source& value) override {
        put(report, Outcome<R>{wire::decode<R>(value), story(report)});
    }
    void take_failure(TaskReport const& report, std::exception_ptr error) override {
        put(report, Outcome<R>{std::move(error), story(report)});
    }

  private:
    void put(TaskReport const& report, Outcome<R> outcome) {
        auto& all = this->answer_;
        if (all.size() <= report.task) all.resize(std::max<std::uint64_t>(report.task + 1, this->fed));
        // Not assigned, as the value may be of a type that cannot be.
        std::destroy_at(&all[report.task]);
        std::construct_at(&all[report.task], std::move(outcome));
    }
    typename Outcome<R>::Story story(TaskReport const& report) const {
        return {report.rank.value, core_->host_of(report.rank), report.attempts, report.elapsed};
    }

    PoolCore const* core_;
};

/// Completes the reduction tree that the workers have begun: map_reduce.
template <class R, class Op>
class Reduction : public AnswerCall<std::optional<R>> {
  public:
    explicit Reduction(Op op) : tree_(std::move(op)) {}

    std::uint32_t flags() const override { return link::call_is_reduction; }
    void take_value(TaskReport const& /*report*/, wire::Source& value) override { tree_.decode(value); }

  private:
    void settle() override { this->answer_ = tree_.finish(); }

    task::ReductionTree<R, Op> tree_;
};

/// Holds results until they are taken one by one: imap and imap_unordered.
template <class R>
class FlowResults : public Call {
  public:
    /// Nothing yet, a result, or an error.
    struct Item {
        std::optional<R> value{};
        std::exception_ptr error{};
        std::size_t bytes = 0;

        [[nodiscard]] bool is_there() const { return value || error; }
    };

    explicit FlowResults(bool in_order) : in_order_(in_order) {}

    void take_value(TaskReport const& report, wire::Source& value) override {
        put(report, {std::optional<R>{std::in_place, wire::decode<R>(value)}, nullptr, report.bytes});
    }
    void take_failure(TaskReport const& report, std::exception_ptr error) override {
        put(report, {std::nullopt, std::move(error), report.bytes});
    }
    [[nodiscard]] bool keeps_prefix() const override { return true; }
    [[nodiscard]] bool accepts_large(std::uint64_t task) const override {
        if (options.window > 0) return true;
        return in_order_ ? task - taken_ < large_results : line_.size() < large_results;
    }

    [[nodiscard]] std::uint64_t input_room() const override {
        if (is_fixed()) return UINT64_MAX;
        if (options.window == 0 && bytes_ > default_bytes) return 0;
        std::uint64_t const held = fed - taken_;
        return held < window() ? window() - held : 0;
    }
    /// So many inputs may follow that it is worth while to send them.
    [[nodiscard]] bool is_hungry() const {
        return !inputs_ended && input_room() >= std::max<std::uint64_t>(1, window() / 4);
    }

    /// The next result is there, or there will be none any more.
    [[nodiscard]] bool has_next() const { return is_there() || ready; }
    [[nodiscard]] bool is_there() const { return !line_.empty() && line_.front().is_there(); }
    /// Takes the next result, which must be there.
    Item take() {
        Item item = std::move(line_.front());
        line_.pop_front();
        ++taken_;
        bytes_ -= item.bytes;
        return item;
    }

  private:
    static constexpr std::uint64_t default_window = 10'000;
    static constexpr std::size_t default_bytes = 64 * 1024 * 1024;
    /// Results that do not fit into a frame wait with their workers beyond this number.
    static constexpr std::uint64_t large_results = 4;

    [[nodiscard]] std::uint64_t window() const {
        return options.window > 0 ? options.window : default_window;
    }

    void put(TaskReport const& report, Item item) {
        bytes_ += item.bytes;
        if (!in_order_) return line_.push_back(std::move(item));
        std::size_t const place = report.task - taken_;
        if (line_.size() <= place) line_.resize(place + 1);
        line_[place].bytes = item.bytes;
        line_[place].error = std::move(item.error);
        // Not assigned, as the value may be of a type that cannot be.
        if (item.value) line_[place].value.emplace(std::move(*item.value));
    }

    bool in_order_;
    std::deque<Item> line_;  ///< in order: from the next to be taken on, with gaps
    std::uint64_t taken_ = 0;
    std::size_t bytes_ = 0;  ///< of the results held, as they travelled
};

}  // namespace rankpool::pool
