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

inline void wait_for(std::filesystem::path const& file) {
    while (!exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

inline int hold(std::string const& folder) {
    std::ofstream{folder + "/begun"};
    wait_for(folder + "/enough");
    return rankpool::current_process().rank();
}

}  // namespace held

/// Keeps one worker of the pool busy, asleep, so that the next task goes to another: an idle pool gives its
/// first task to rank 0, so the next goes to rank 1.
class HeldWorker {
  public:
    explicit HeldWorker(rankpool::Pool& pool) {
        std::filesystem::create_directories(folder_);
        result_.emplace(pool.apply_async<held::hold>(folder_));
        held::wait_for(folder_ + "/begun");
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
