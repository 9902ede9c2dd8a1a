// SPDX-License-Identifier: MIT
#include "rankpool/batch/check/check_trial.hpp"

#include "rankpool/batch/check/check_facts.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/pool/pool.hpp"
#include "rankpool/worker/current_process.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>
#include <vector>

namespace rankpool::batch {
namespace {

/// Its own rank; ends that if it is the victim.
int call(int const& victim) {
    int const rank = current_process().rank();
    if (rank == victim) ::kill(supervisor_of_this_rank(), SIGKILL);
    return rank;
}

/// mpirun ends the others so long after a rank's death, by SIGTERM.
std::chrono::seconds launchers_patience() {
    constexpr int fallback = 1;
    char const* const text = std::getenv("OMPI_MCA_odls_base_sigkill_timeout");
    return std::chrono::seconds{text ? std::clamp(std::atoi(text), 0, 60) : fallback};
}

}  // namespace

int ranks_that_live_on(Context& context) {
    using namespace std::chrono_literals;
    auto const size = static_cast<std::size_t>(context.size());
    auto pool = context.pool(context.size());
    // Equal blocks, one for each rank. The victim's is done elsewhere, where it kills nobody.
    auto const answers = [&](int victim) {
        auto const ranks = pool.map<call>(std::vector<int>(size, victim), {.schedule = Schedule::fixed});
        return static_cast<int>(std::set<int>(ranks.begin(), ranks.end()).size());
    };
    answers(context.size() - 1);
    std::this_thread::sleep_for(launchers_patience() + 1500ms);
    constexpr int nobody = -1;
    return answers(nobody);
}

}  // namespace rankpool::batch
