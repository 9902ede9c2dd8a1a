// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/results.hpp"
#include "rankpool/task/task.hpp"
#include "rankpool/wire/codec.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <vector>

namespace rankpool {

/// What a task of Pool::expand gives: results of the call, and inputs for more of its tasks.
template <class Item, class Result>
struct Expansion {
    std::vector<Result> results{};
    std::vector<Item> more{};

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& results& more;
    }
};

namespace pool {

template <class T>
struct ExpansionParts {
    static constexpr bool are_there = false;
};
template <class I, class R>
struct ExpansionParts<Expansion<I, R>> {
    static constexpr bool are_there = true;
    using Item = I;
    using Result = R;
};

/// A call whose tasks give it further inputs; it ends when there are none and none can come. Those that came
/// last go first, so that a search goes deep and few wait.
template <class Callable, class Item, class Result>
class ExpandCall : public FlowResults<Result> {
    using Task = task::Task<Callable, Item>;

  public:
    template <class Range>
    ExpandCall(MapOptions given, Callable callable, Range&& roots)
        : FlowResults<Result>(false), callable_(std::move(callable)) {
        this->options = std::move(given);
        // Chunks would have to wait for inputs that may never come.
        this->options.chunksize = 0;
        for (auto&& root : roots) bag_.push_back(static_cast<Item>(root));
        std::reverse(bag_.begin(), bag_.end());
    }

    FunctionId function() const override { return Task::id(); }
    void encode_callable(wire::Sink& sink) const override { Task::encode_callable(sink, callable_); }
    std::optional<std::uint64_t> total() override { return std::nullopt; }

    bool has_input() override {
        if (!current_ && !bag_.empty()) {
            // Results that come while it is encoded may put others on top.
            current_.emplace(std::move(bag_.back()));
            bag_.pop_back();
        }
        return current_.has_value();
    }
    void encode_input(wire::Sink& sink) override { Task::encode_arguments(sink, *current_); }
    void advance(std::uint64_t task, bool keep) override {
        if (keep) kept_.emplace(task, std::move(*current_));
        current_.reset();
    }
    void encode_kept(std::uint64_t task, wire::Sink& sink) override {
        Task::encode_arguments(sink, kept_.at(task));
    }
    void drop_kept(std::uint64_t task) override { kept_.erase(task); }
    void drop_all_kept() override { kept_.clear(); }
    void release_inputs() override { bag_.clear(); }
    [[nodiscard]] bool encodes_again() const override { return wire::Fast<Item>; }
    [[nodiscard]] bool reads_at_once() const override { return true; }

    void take_value(TaskReport const& report, wire::Source& value) override {
        auto expansion = wire::decode<Expansion<Item, Result>>(value);
        for (Item& item : expansion.more) bag_.push_back(std::move(item));
        for (Result& result : expansion.results) {
            this->put(report, {.value{std::move(result)}, .bytes = report.bytes / expansion.results.size()});
        }
    }
    void take_large(TaskReport const& report, Buffer value) override {
        wire::Source source{value.bytes()};
        take_value(report, source);
    }

    [[nodiscard]] std::uint64_t input_room() const override {
        std::uint64_t const under_way = this->fed - this->finished;
        // Whether it is the end is seen by reading on.
        if (bag_.empty() && !current_) return under_way == 0 ? 1 : 0;
        if (!this->is_joined && this->is_full()) return 0;
        std::uint64_t const most = this->options.window > 0 ? this->options.window : UINT64_MAX;
        std::uint64_t const waiting = bag_.size() + (current_ ? 1 : 0);
        return under_way < most ? std::min(waiting, most - under_way) : 0;
    }

  private:
    Callable callable_;
    std::vector<Item> bag_;
    std::optional<Item> current_;
    std::map<std::uint64_t, Item> kept_;
};

}  // namespace pool

}  // namespace rankpool
