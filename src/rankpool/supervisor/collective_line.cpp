// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/collective_line.hpp"

namespace rankpool::supervisor {

bool CollectiveLine::poll() {
    if (steps_.empty()) return false;
    if (under_way_ && !collective_.is_done()) return false;
    bool const any = under_way_;
    under_way_ = false;
    switch (steps_.front()(collective_)) {
        case Progress::started:
            under_way_ = true;
            return true;
        case Progress::finished:
            steps_.pop_front();
            return true;
        case Progress::waiting:
            break;
    }
    return any;
}

}  // namespace rankpool::supervisor
