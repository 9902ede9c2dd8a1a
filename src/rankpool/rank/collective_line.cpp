// SPDX-License-Identifier: MIT
#include "rankpool/rank/collective_line.hpp"

namespace rankpool::supervisor {

void CollectiveLine::add(std::unique_ptr<Transfer> transfer) {
    if (abandoned_) return transfer->abandon();
    transfers_.push_back(std::move(transfer));
}

bool CollectiveLine::poll() {
    if (transfers_.empty() || abandoned_) return false;
    if (under_way_ && !collective_.is_done()) return false;
    bool const any = under_way_;
    under_way_ = false;
    switch (transfers_.front()->step(collective_)) {
        case Progress::started:
            under_way_ = true;
            return true;
        case Progress::finished:
            transfers_.pop_front();
            return true;
        case Progress::waiting:
            break;
    }
    return any;
}

void CollectiveLine::abandon() {
    if (abandoned_) return;
    abandoned_ = true;
    under_way_ = false;
    for (auto const& transfer : transfers_) transfer->abandon();
}

}  // namespace rankpool::supervisor
