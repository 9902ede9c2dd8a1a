// SPDX-License-Identifier: MIT
#include "rankpool/worker/transfer_scope.hpp"

#include "rankpool/core/error.hpp"

#include <utility>

namespace rankpool::worker {
namespace {

TransferScope* innermost = nullptr;

}  // namespace

void TransferScope::enter() {
    outer_ = std::exchange(innermost, this);
}

TransferScope::~TransferScope() {
    innermost = outer_;
    for (auto const& [end, in_flight] : departed_) end->come_back(in_flight, carrier_);
}

TransferScope::TransferRecord TransferScope::carry(std::shared_ptr<Transferable> const& end) {
    if (!innermost) {
        throw UsageError(
            "a queue or connection can only be sent to another process (it is no data to be kept)");
    }
    if (innermost->pins_) {
        innermost->pins_->insert(end);
        return {};
    }
    auto const [place, fresh] = innermost->departed_.try_emplace(end);
    if (fresh) place->second = end->depart(innermost->carrier_);
    return {place->second, innermost->carrier_};
}

}  // namespace rankpool::worker
