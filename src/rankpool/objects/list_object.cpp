// SPDX-License-Identifier: MIT
#include "rankpool/objects/list_object.hpp"

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void ListObject::on_whole(Address from, link::SharedRequest const& request, Bytes bytes) {
    switch (request.operation) {
        case Operation::append:
            if (!charge(bytes.size(), 0)) return answer(from, request.number, SharedOutcome::refused);
            elements_.push_back(std::move(bytes));
            return answer(from, request.number, SharedOutcome::done);
        case Operation::state:
            return answer(from, request.number, SharedOutcome::done,
                          static_cast<std::int64_t>(elements_.size()));
        case Operation::snapshot: {
            Bytes all;
            for (Bytes const& element : elements_) append_record(all, element);
            return reply(from, request.number, SharedOutcome::done, 0, std::move(all));
        }
        case Operation::get:
        case Operation::put:
        case Operation::pop:
            return on_element(from, request, std::move(bytes));
        case Operation::give_up:
        case Operation::taken:
            // It has been answered at once.
            return;
        default:
            link::refuse("a request that no list knows");
    }
}

/// The element `first`, from the end if that is below 0.
void ListObject::on_element(Address from, link::SharedRequest const& request, Bytes bytes) {
    auto const size = static_cast<std::int64_t>(elements_.size());
    std::int64_t const index = request.first < 0 ? request.first + size : request.first;
    if (index < 0 || index >= size) return answer(from, request.number, SharedOutcome::late);
    auto const element = elements_.begin() + index;
    if (request.operation == Operation::put) {
        if (!charge(bytes.size(), element->size())) {
            return answer(from, request.number, SharedOutcome::refused);
        }
        *element = std::move(bytes);
        return answer(from, request.number, SharedOutcome::done);
    }
    if (request.operation == Operation::get) {
        return reply(from, request.number, SharedOutcome::done, 0, *element);
    }
    discharge(element->size());
    Bytes value = std::move(*element);
    elements_.erase(element);
    reply(from, request.number, SharedOutcome::done, 0, std::move(value));
}

}  // namespace rankpool::objects
