// SPDX-License-Identifier: MIT
#include "rankpool/objects/event_object.hpp"

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void EventObject::on_request(Address from, link::SharedRequest const& request,
                             std::span<std::byte const> /*tail*/) {
    switch (request.operation) {
        case Operation::wait:
            return wait(from, request);
        case Operation::set:
            set();
            return answer(from, request.number, SharedOutcome::done);
        case Operation::clear:
            is_set_ = false;
            return answer(from, request.number, SharedOutcome::done);
        case Operation::state:
            return answer(from, request.number, SharedOutcome::done, is_set_ ? 1 : 0);
        case Operation::give_up:
            if (waiting_.remove(from, request.number)) answer(from, request.number, SharedOutcome::late);
            return;
        case Operation::taken:
            return;
        default:
            link::refuse("a request that no event knows");
    }
}

void EventObject::wait(Address from, link::SharedRequest const& request) {
    if (is_set_) return answer(from, request.number, SharedOutcome::done);
    if (request.waiting == link::Waiting::no) return answer(from, request.number, SharedOutcome::late);
    waiting_.join(from, request);
}

void EventObject::set() {
    is_set_ = true;
    while (!waiting_.is_empty()) {
        WaitingRequest const next = waiting_.take_first();
        answer(next.process, next.number, SharedOutcome::done);
    }
}

}  // namespace rankpool::objects
