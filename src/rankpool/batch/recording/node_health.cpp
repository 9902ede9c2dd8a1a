// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/node_health.hpp"

#include <algorithm>

namespace rankpool::batch {

std::optional<NodeHealth::Finding> NodeHealth::note(std::string const& host, std::int64_t task,
                                                    bool is_good) {
    auto const node = failed_.try_emplace(host).first;
    auto& failed = node->second;
    if (is_good) {
        failed.clear();
        successes_.push_back({task, &node->first});
        if (successes_.size() > most_successes) successes_.pop_front();
        return std::nullopt;
    }
    if (bad_.contains(host) || failed.size() >= most_failures || !failed.insert(task).second)
        return std::nullopt;
    if (failed.size() < enough) return std::nullopt;
    auto const good = good_elsewhere(host, failed);
    if (good < enough) return std::nullopt;
    bad_.insert(host);
    return Finding{host, failed.size(), good};
}

std::uint64_t NodeHealth::good_elsewhere(std::string const& host,
                                         std::set<std::int64_t> const& failed) const {
    return static_cast<std::uint64_t>(std::ranges::count_if(successes_, [&](Success const& success) {
        return *success.host != host && success.task > *failed.begin() && success.task < *failed.rbegin();
    }));
}

}  // namespace rankpool::batch
