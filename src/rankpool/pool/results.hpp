// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/outcome.hpp"
#include "rankpool/pool/pool_client.hpp"
#include "rankpool/pool/spool.hpp"
#include "rankpool/pool/typed_call.hpp"
#include "rankpool/task/reduce_task.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <variant>
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
    [[nodiscard]] bool takes_streams() const override { return true; }

  private:
    // The elements of std::vector<bool> cannot be referred to.
    static constexpr bool in_place = !std::is_same_v<R, bool>;
    /// Elements that have room beforehand; of more the vector grows as any does.
    static constexpr std::uint64_t most_reserved = std::uint64_t{1} << 24U;

    template <class Vector>
    auto& slot(Vector& vector, std::uint64_t index) {
        if (vector.empty()) vector.reserve(std::min(this->announced.value_or(0), most_reserved));
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
    [[nodiscard]] bool takes_streams() const override { return true; }
};

/// The results of map: a list, or for functions that return nothing just the end.
template <class R>
using ListOf = std::conditional_t<std::is_same_v<R, std::monostate>, OneResult<R>, ListResults<R>>;

/// Collects outcomes in input order: try_map.
template <class R>
class Outcomes : public AnswerCall<std::vector<Outcome<R>>> {
  public:
    explicit Outcomes(PoolClient const* client) : client_(client) {}

    std::uint32_t flags() const override { return link::call_is_detailed; }
    void take_value(TaskReport const& report, wire::Source& value) override {
        put(report, Outcome<R>{wire::decode<R>(value), story(report)});
    }
    [[nodiscard]] bool takes_streams() const override { return true; }
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
        return {report.rank.value, client_->host_of(report.rank), report.attempts, report.elapsed};
    }

    PoolClient const* client_;
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

/// Holds results until they are taken one by one: imap and imap_unordered. So that no worker waits for that,
/// all that come are taken in: 64 MiB into memory, what is beyond into a file.
template <class R>
class FlowResults : public Call {
  public:
    /// Nothing yet, a result, an error, or a result that is still encoded, in memory or on disk.
    struct Item {
        std::optional<R> value{};
        std::exception_ptr error{};
        std::variant<std::monostate, Buffer, Spool::Piece> encoded{};
        std::size_t bytes = 0;

        [[nodiscard]] bool is_there() const { return value || error || encoded.index() != 0; }
    };

    explicit FlowResults(bool in_order) : in_order_(in_order) {}

    void take_value(TaskReport const& report, wire::Source& value) override {
        if (is_full()) {
            Buffer bytes{value.remaining()};
            value.read(bytes.data(), bytes.size());
            return take_large(report, std::move(bytes));
        }
        Item item;
        item.value.emplace(wire::decode<R>(value));
        item.bytes = report.bytes;
        put(report, std::move(item));
    }
    void take_large(TaskReport const& report, Buffer value) override {
        Item item;
        item.bytes = value.size();
        std::optional<Spool::Piece> piece;
        if (is_full()) piece = spool_.put(value.bytes());
        if (piece) {
            item.encoded = *piece;
        } else {
            item.encoded = std::move(value);
        }
        put(report, std::move(item));
    }
    void take_failure(TaskReport const& report, std::exception_ptr error) override {
        put(report, {.error = std::move(error), .bytes = report.bytes});
    }
    [[nodiscard]] bool keeps_prefix() const override { return true; }

    [[nodiscard]] std::uint64_t input_room() const override {
        if (is_fixed()) return UINT64_MAX;
        if (is_joined) return most_joined(fed - taken_);
        if (options.window == 0 && bytes_ > default_bytes) return 0;
        std::uint64_t const ahead = fed - taken_;
        return ahead < window() ? window() - ahead : 0;
    }
    /// So many inputs may follow that it is worth while to send them.
    [[nodiscard]] bool is_hungry() const {
        return !inputs_ended && input_room() >= std::max<std::uint64_t>(1, window() / 4);
    }

    /// The next result is there, or there will be none any more.
    [[nodiscard]] bool has_next() const { return is_there() || ready; }
    [[nodiscard]] bool is_there() const { return !line_.empty() && line_.front().is_there(); }
    /// Nothing is under way, and nothing can come before the inputs have been read further.
    [[nodiscard]] bool waits_for_inputs() const { return finished == fed && !inputs_ended; }
    /// Takes the next result, which must be there: a value or an error.
    Item take() {
        Item item = std::move(line_.front());
        line_.pop_front();
        ++taken_;
        bytes_ -= item.bytes;
        if (!std::holds_alternative<Spool::Piece>(item.encoded)) memory_ -= item.bytes;
        if (item.encoded.index() != 0) rebuild(item);
        return item;
    }

  protected:
    [[nodiscard]] bool is_full() const { return memory_ >= default_bytes; }
    void put(TaskReport const& report, Item item);

  private:
    static constexpr std::uint64_t default_window = 10'000;
    static constexpr std::size_t default_bytes = 64 * 1024 * 1024;
    /// Inputs in flight before it is known how large their results are.
    static constexpr std::uint64_t first_window = 256;

    [[nodiscard]] std::uint64_t window() const {
        if (options.window > 0) return options.window;
        std::uint64_t const least = workers * std::max<std::uint64_t>(4, options.chunksize);
        if (came_ == 0) return std::max(first_window, least);
        std::uint64_t const fit = default_bytes / std::max<std::uint64_t>(1, came_bytes_ / came_);
        // No chunk is begun that has no room.
        std::uint64_t const lowest =
            std::max<std::uint64_t>(std::min(least, default_window), options.chunksize);
        return std::clamp(fit, lowest, std::max(least, default_window));
    }

    void rebuild(Item& item) {
        try {
            auto const* piece = std::get_if<Spool::Piece>(&item.encoded);
            Buffer const bytes = piece ? spool_.take(*piece) : std::get<Buffer>(std::move(item.encoded));
            wire::Source source{bytes.bytes()};
            item.value.emplace(wire::decode<R>(source));
        } catch (...) {
            item.error = std::current_exception();
        }
    }

    bool in_order_;
    std::deque<Item> line_;  ///< in order: from the next to be taken on, with gaps
    std::uint64_t taken_ = 0;
    std::uint64_t came_ = 0;
    std::uint64_t came_bytes_ = 0;
    std::size_t bytes_ = 0;   ///< of the results held, as they travelled
    std::size_t memory_ = 0;  ///< those of them that are in memory
    Spool spool_;
};

template <class R>
void FlowResults<R>::put(TaskReport const& report, Item item) {
    ++came_;
    came_bytes_ += item.bytes;
    bytes_ += item.bytes;
    if (!std::holds_alternative<Spool::Piece>(item.encoded)) memory_ += item.bytes;
    if (!in_order_) return line_.push_back(std::move(item));
    std::size_t const place = report.task - taken_;
    if (line_.size() <= place) line_.resize(place + 1);
    line_[place].bytes = item.bytes;
    line_[place].error = std::move(item.error);
    line_[place].encoded = std::move(item.encoded);
    // Not assigned, as the value may be of a type that cannot be.
    if (item.value) line_[place].value.emplace(std::move(*item.value));
}

}  // namespace rankpool::pool
