// SPDX-License-Identifier: MIT
/// far_apply REST COUNT: calls of a worker of another rank, one at a time, each after a rest of so many
/// milliseconds; rank 0's own workers are kept busy, asleep. Reports the us of a call.
#include "rankpool/rankpool.hpp"

#include "../report.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

namespace fs = std::filesystem;

struct Answer {
    int rank = 0;
    long value = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& value;
    }
};

Answer increment(long x) {
    return {rankpool::current_process().rank(), x + 1};
}

/// On rank 0 until there is a file "enough" in the folder; elsewhere as long as takes all others to begin.
int hold(std::string const& folder) {
    int const rank = rankpool::current_process().rank();
    if (rank != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds{300});
        return rank;
    }
    std::ofstream{folder + "/" + std::to_string(getpid())};
    while (!fs::exists(folder + "/enough")) std::this_thread::sleep_for(std::chrono::milliseconds{100});
    return rank;
}

/// Keeps rank 0's workers busy as long as it lives.
class HeldRank {
  public:
    HeldRank(rankpool::Pool& pool, std::size_t workers) {
        fs::create_directories(folder_);
        for (int tries = 0; held() < workers; ++tries) {
            if (tries == 10) throw std::runtime_error("cannot hold the workers of rank 0");
            for (std::size_t i = held(); i < pool.size(); ++i)
                results_.push_back(pool.apply_async<hold>(folder_));
            std::this_thread::sleep_for(std::chrono::seconds{2});
        }
    }
    HeldRank(HeldRank const&) = delete;
    HeldRank& operator=(HeldRank const&) = delete;
    ~HeldRank() {
        std::ofstream{folder_ + "/enough"};
        for (auto& result : results_) result.wait();
        fs::remove_all(folder_);
    }

  private:
    [[nodiscard]] std::size_t held() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
    }

    std::string folder_ = fs::temp_directory_path() / ("rankpool-held-" + std::to_string(getpid()));
    std::vector<rankpool::AsyncResult<int>> results_;
};

double call(rankpool::Pool& pool, long number) {
    Answer answer;
    double const seconds = benchmark::seconds([&] { answer = pool.apply<increment>(number); });
    if (answer.value != number + 1) throw std::logic_error("wrong result");
    if (answer.rank == 0) throw std::logic_error("answered by the rank that called");
    return seconds;
}

}  // namespace

int main(int argc, char** argv) {
    return rankpool::run(argc, argv, [&](rankpool::Context& context) {
        std::chrono::milliseconds const rest{argc == 3 ? std::stol(argv[1]) : 0};
        long const count = argc == 3 ? std::stol(argv[2]) : 100;
        auto pool = context.pool();
        HeldRank const held(pool, pool.size() / static_cast<std::size_t>(context.size()));
        for (long i = 0; i < 10; ++i) call(pool, i);  // a warm-up
        std::vector<double> times;
        for (long i = 0; i < count; ++i) {
            if (rest.count() > 0) std::this_thread::sleep_for(rest);
            times.push_back(call(pool, i));
        }
        benchmark::report("us", 1e6 * benchmark::median(std::move(times)));
        return 0;
    });
}
