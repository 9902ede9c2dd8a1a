// SPDX-License-Identifier: MIT
#include "rankpool/worker/transit.hpp"

#include "rankpool/core/error.hpp"

#include <utility>

namespace rankpool::worker {
namespace {

Transit* innermost = nullptr;

}  // namespace

void Transit::enter() {
    outer_ = std::exchange(innermost, this);
}

Transit::~Transit() {
    innermost = outer_;
    for (auto const& [traveller, token] : departed_) traveller->come_back(token, carrier_);
}

Transit::Ticket Transit::carry(std::shared_ptr<Traveller> const& traveller) {
    if (!innermost) {
        throw UsageError(
            "a queue or connection can only be sent to another process (it is no data to be kept)");
    }
    if (innermost->pins_) {
        innermost->pins_->insert(traveller);
        return {};
    }
    auto const [place, fresh] = innermost->departed_.try_emplace(traveller);
    if (fresh) place->second = traveller->depart(innermost->carrier_);
    return {place->second, innermost->carrier_};
}

}  // namespace rankpool::worker
