// SPDX-License-Identifier: MIT
#include "rankpool/sync/event.hpp"

namespace rankpool {

using link::Operation;
using sync::Client;

void Event::set() const {
    (void)Client::here().ask(handle_, {Operation::set});
}

void Event::clear() const {
    (void)Client::here().ask(handle_, {Operation::clear});
}

bool Event::is_set() const {
    return Client::here().ask(handle_, {Operation::state}).head.first != 0;
}

bool Event::wait_until(Deadline const& deadline) const {
    return Client::here().wait(handle_, {Operation::wait}, deadline).head.outcome ==
           link::SharedOutcome::done;
}

}  // namespace rankpool
