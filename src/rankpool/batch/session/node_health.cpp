// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/node_health.hpp"

namespace rankpool::batch {

std::optional<NodeHealth::Finding> NodeHealth::note(std::string const& host, bool is_good) {
    Node& node = nodes_[host];
    if (is_good) {
        ++good_;
        ++node.good;
        node.failures = 0;
        return std::nullopt;
    }
    std::uint64_t const good_elsewhere = good_ - node.good;
    if (node.failures++ == 0) node.good_elsewhere_before = good_elsewhere;
    std::uint64_t const since = good_elsewhere - node.good_elsewhere_before;
    if (node.is_bad || node.failures < enough || since < enough) return std::nullopt;
    node.is_bad = true;
    return Finding{host, node.failures, since};
}

}  // namespace rankpool::batch
