// SPDX-License-Identifier: MIT
#include "rankpool/objects/condition_object.hpp"

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void ConditionObject::on_request(Address from, link::SharedRequest const& request,
                                 std::span<std::byte const> /*tail*/) {
    switch (request.operation) {
        case Operation::wait:
            return waiting_.join(from, request);
        case Operation::notify:
            if (request.first < 0) link::refuse("a notification of less than none");
            return answer(from, request.number, SharedOutcome::done, notify(request.first));
        case Operation::taken:
            return take(from, request);
        case Operation::give_up:
            // One that has been notified has its answer.
            if (waiting_.remove(from, request.number)) answer(from, request.number, SharedOutcome::late);
            return;
        default:
            link::refuse("a request that no condition knows");
    }
}

std::int64_t ConditionObject::notify(std::int64_t count) {
    std::int64_t notified = 0;
    for (; notified < count && !waiting_.is_empty(); ++notified) {
        WaitingRequest const next = waiting_.take_first();
        notified_.insert({next.process, next.number});
        answer(next.process, next.number, SharedOutcome::done);
    }
    return notified;
}

/// `first` is 1 where the notification has been of no use to the one who got it.
void ConditionObject::take(Address from, link::SharedRequest const& request) {
    if (notified_.erase({from, request.number}) > 0 && request.first == 1) (void)notify(1);
}

void ConditionObject::processes_ended(Ended const& ended) {
    (void)waiting_.remove(ended);
    auto const lost =
        std::erase_if(notified_, [&](auto const& notified) { return ended.is_gone(notified.first); });
    (void)notify(static_cast<std::int64_t>(lost));
}

}  // namespace rankpool::objects
