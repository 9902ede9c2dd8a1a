// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/node_supplies.hpp"

#include "rankpool/pool/pool.hpp"
#include "rankpool/wire/std_types.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <map>
#include <set>
#include <string>

namespace rankpool::batch {
namespace {

NodeSupply supply_of_this_node(int /*rank*/) {
    return NodeSupply::here();
}

}  // namespace

std::vector<NodeSupply> supplies_of_nodes(Context& context) {
    auto const& hosts = worker::this_worker().mailbox.hosts();
    if (std::set(hosts.begin(), hosts.end()).size() == 1) return {NodeSupply::here()};
    auto pool = context.pool(context.size());
    auto const of_ranks =
        pool.map<supply_of_this_node>(std::vector<int>(hosts.size()), {.schedule = Schedule::fixed});
    std::map<std::string, NodeSupply> of_hosts;
    for (std::size_t rank = 0; rank < hosts.size(); ++rank) of_hosts.emplace(hosts[rank], of_ranks[rank]);
    std::vector<NodeSupply> supplies{of_hosts.extract(hosts.front()).mapped()};
    for (auto const& [host, supply] : of_hosts) supplies.push_back(supply);
    return supplies;
}

}  // namespace rankpool::batch
