// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/rankpool.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace benchmark {

namespace held {

constexpr std::chrono::milliseconds look{20};

/// Holds rank 0's worker, and no other.
inline int hold(std::string const& folder) {
    int const rank = rankpool::current_process().rank();
    if (rank != 0) return rank;
    std::ofstream{folder + "/held"};
    while (!std::filesystem::exists(folder + "/enough")) std::this_thread::sleep_for(look);
    return rank;
}

}  // namespace held

/// Keeps rank 0's worker busy, asleep, so that the next task of a pool on two ranks goes to rank 1.
class HeldWorker {
  public:
    explicit HeldWorker(rankpool::Pool& pool) {
        std::filesystem::create_directories(folder_);
        while (!std::filesystem::exists(folder_ + "/held")) {
            if (!result_ || result_->ready()) result_.emplace(pool.apply_async<held::hold>(folder_));
            result_->wait(held::look);
        }
    }
    HeldWorker(HeldWorker const&) = delete;
    HeldWorker& operator=(HeldWorker const&) = delete;
    ~HeldWorker() {
        std::ofstream{folder_ + "/enough"};
        result_->wait();
        std::filesystem::remove_all(folder_);
    }

  private:
    std::string folder_ =
        std::filesystem::temp_directory_path() / ("rankpool-held-" + std::to_string(getpid()));
    std::optional<rankpool::AsyncResult<int>> result_;
};

}  // namespace benchmark
