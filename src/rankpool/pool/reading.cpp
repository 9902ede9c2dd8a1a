// SPDX-License-Identifier: MIT
#include "rankpool/pool/reading.hpp"

#include "rankpool/pool/call.hpp"

#include <utility>

namespace rankpool::pool {
namespace {

std::uint64_t births = 0;
Reading const* innermost = nullptr;
Awaited awaited;

}  // namespace

Reading::Reading(Call& call)
    : call_(call),
      born_before_(births),
      outer_(std::exchange(innermost, this)),
      awaited_(std::exchange(awaited, Awaited{})) {
    call_.is_reading = true;
}

Reading::~Reading() {
    call_.is_reading = false;
    innermost = outer_;
    awaited = awaited_;
}

bool Reading::allows(Call const& call) {
    if (!awaited.is_known || awaited.call == &call || call.reads_at_once()) return true;
    for (Reading const* reading = innermost; reading != nullptr; reading = reading->outer_) {
        if (call.birth > reading->call_.birth && call.birth <= reading->born_before_) return false;
    }
    return true;
}

bool Reading::is_awaited(Call const& call) {
    return awaited.is_known && awaited.call == &call;
}

std::uint64_t Reading::next_birth() {
    return ++births;
}

Awaiting::Awaiting(Awaited const& what) : outer_(std::exchange(awaited, what)) {}

Awaiting::~Awaiting() {
    awaited = outer_;
}

}  // namespace rankpool::pool
