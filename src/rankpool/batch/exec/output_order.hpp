// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/deadline.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace rankpool::batch {

/// Prints what commands have written: in the order of the rows, each as soon as those before it have ended,
/// or as they end. Of what has to wait, some is held, and the rest read from the store when its turn has
/// come.
class OutputOrder {
  public:
    /// `stored` gives what a row's command has written from the store.
    OutputOrder(bool keeps_order, std::function<std::string(std::int64_t)> stored)
        : keeps_order_(keeps_order), stored_(std::move(stored)) {}

    /// It has ended, and what it has written, each line with a tag before it.
    void add(std::int64_t task, std::string text, std::string const& tag);
    /// The same, of what is in the store only.
    void add_stored(std::int64_t task, std::string const& tag);
    /// So that a reader sees it soon.
    void tick();
    /// Prints what still waits for others, which will not come.
    void end();

  private:
    struct Waiting {
        std::optional<std::string> text;  ///< none: it is in the store
        std::string tag;
    };

    void print_due();
    void print_one(std::int64_t task, Waiting const& waiting);

    static constexpr std::size_t most_held = std::size_t{64} << 20U;

    bool keeps_order_;
    std::function<std::string(std::int64_t)> stored_;
    std::map<std::int64_t, Waiting> waiting_;
    std::int64_t next_ = 0;
    std::size_t held_ = 0;
    Clock::time_point flushed_{};
    bool has_news_ = false;
};

/// The tag before each line of the text.
std::string tagged(std::string text, std::string const& tag);

}  // namespace rankpool::batch
