// SPDX-License-Identifier: MIT
#include "rankpool/worker/cross_memory.hpp"

#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <random>

namespace rankpool::worker {
namespace {

/// What tells this process from any other that may have its number; 0 before the first loan.
std::uint64_t own_seal = 0;

std::uint64_t random_number() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

std::uint64_t address_of(void const* data) {
    return reinterpret_cast<std::uint64_t>(data);
}

}  // namespace

CrossMemory::CrossMemory(void const* data, std::size_t size) {
    if (own_seal == 0) own_seal = random_number();
    terms_ = {::getpid(), 0, own_seal, address_of(&own_seal), address_of(data), size};
    // Where the Yama module restricts who may look into a process; elsewhere this fails and is not needed.
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

CrossMemory::~CrossMemory() {
    ::prctl(PR_SET_PTRACER, 0, 0, 0, 0);
}

bool take_lent(link::Lent const& lent, void* to, std::size_t size) {
    std::uint64_t seal = 0;
    std::array<iovec, 2> const here{{{&seal, sizeof seal}, {to, size}}};
    std::array<iovec, 2> const there{{{reinterpret_cast<void*>(lent.seal_address), sizeof seal},
                                      {reinterpret_cast<void*>(lent.address), size}}};
    ssize_t const got = ::process_vm_readv(lent.pid, here.data(), here.size(), there.data(), there.size(), 0);
    return got == static_cast<ssize_t>(sizeof seal + size) && seal == lent.seal;
}

}  // namespace rankpool::worker
