// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/output_order.hpp"

#include "rankpool/batch/files/output.hpp"

#include <chrono>
#include <utility>

namespace rankpool::batch {

std::string tagged(std::string text, std::string const& tag) {
    if (tag.empty() || text.empty()) return text;
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find('\n', at), text.size() - 1) + 1;
        result += tag + '\t' + text.substr(at, end - at);
        at = end;
    }
    return result;
}

void OutputOrder::add(StoredOutput const& output, std::string text, std::string const& tag) {
    auto const task = output.task;
    Waiting waiting{std::move(text), tag, output.attempt};
    if (!keeps_order_) return print_one(task, waiting);
    // Its own turn needs no room.
    bool const is_due = task == next_;
    if (!is_due && held_ + waiting.text->size() > most_held_) {
        waiting.text.reset();
    } else {
        held_ += waiting.text->size();
    }
    waiting_.insert_or_assign(task, std::move(waiting));
    print_due();
}

void OutputOrder::add_stored(std::int64_t task, std::string const& tag) {
    Waiting waiting{std::nullopt, tag, std::nullopt};
    if (!keeps_order_) return print_one(task, waiting);
    waiting_.insert_or_assign(task, std::move(waiting));
    print_due();
}

void OutputOrder::print_due() {
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; ++next_) {
        print_one(first->first, first->second);
        first = waiting_.erase(first);
    }
}

void OutputOrder::print_one(std::int64_t task, Waiting const& waiting) {
    if (waiting.text && keeps_order_) held_ -= waiting.text->size();
    print(tagged(waiting.text ? *waiting.text : read({task, waiting.attempt}), waiting.tag));
    has_news_ = true;
}

std::string OutputOrder::read(StoredOutput const& output) const {
    if (output.attempt) return store_.output_of_attempt(*output.attempt);
    std::string text;
    auto const inputs = store_.record().input_columns.size();
    store_.read_result(output.task, [&](std::span<Value const> values) {
        // The first of the result's columns.
        auto const* const out = inputs < values.size() ? std::get_if<std::string>(&values[inputs]) : nullptr;
        if (out) text = *out;
    });
    return text;
}

void OutputOrder::tick() {
    using namespace std::chrono_literals;
    if (!has_news_ || Clock::now() - flushed_ < 1ms) return;
    flush_output();
    flushed_ = Clock::now();
    has_news_ = false;
}

void OutputOrder::end() {
    for (auto const& [task, waiting] : waiting_) print_one(task, waiting);
    waiting_.clear();
    flush_output();
}

}  // namespace rankpool::batch
