// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace rankpool::batch {

/// What a command that runs for long has written so far, in a file of the run's folder for those who follow
/// it: where somebody does, who makes the folder of these files (see follow). Gone when it has ended.
class LiveFile {
  public:
    explicit LiveFile(std::filesystem::path path) : path_(std::move(path)) {}
    LiveFile(LiveFile const&) = delete;
    LiveFile& operator=(LiveFile const&) = delete;
    ~LiveFile();

    void add(std::string_view text);
    /// To be called now and then: from when on somebody follows, there is a file. Not where it cannot be
    /// made.
    void look();

  private:
    void write(std::string_view text);

    std::filesystem::path path_;
    std::string held_;  ///< the end of what came before
    UniqueFd file_;
    std::size_t written_ = 0;
};

}  // namespace rankpool::batch
