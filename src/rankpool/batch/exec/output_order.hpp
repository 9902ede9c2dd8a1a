// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/deadline.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace rankpool::batch {

/// Where a command's stdout is in the store: with its row's result, or with the attempt that has failed.
struct StoredOutput {
    std::int64_t task = 0;
    std::optional<std::int64_t> attempt;
};

/// Prints what commands have written: in the order of the rows, each as soon as those before it have ended,
/// or as they end. Of what has to wait, some is held, and the rest read from the store when its turn has
/// come.
class OutputOrder {
  public:
    static constexpr std::size_t usually_held = std::size_t{64} << 20U;

    /// The store must outlive it. `most_held`: bytes of what has to wait.
    OutputOrder(bool keeps_order, Store& store, std::size_t most_held = usually_held)
        : keeps_order_(keeps_order), store_(store), most_held_(most_held) {}

    /// It has ended, and what it has written and is stored as well, each line with a tag before it.
    void add(StoredOutput const& output, std::string text, std::string const& tag);
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
        std::optional<std::int64_t> attempt;
    };

    void print_due();
    void print_one(std::int64_t task, Waiting const& waiting);
    [[nodiscard]] std::string read(StoredOutput const& output) const;

    bool keeps_order_;
    Store& store_;
    std::size_t most_held_;
    std::map<std::int64_t, Waiting> waiting_;
    std::int64_t next_ = 0;
    std::size_t held_ = 0;
    Clock::time_point flushed_{};
    bool has_news_ = false;
};

/// The tag before each line of the text.
std::string tagged(std::string text, std::string const& tag);

}  // namespace rankpool::batch
