// SPDX-License-Identifier: MIT
#include "rankpool/worker/cross_memory.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <random>
#include <thread>

namespace rankpool::worker {
namespace {

constexpr std::size_t large_page = std::size_t{2} << 20;
constexpr std::size_t worth_two_threads = 4 * large_page;
/// The kernel copies less than 2 GiB a call.
constexpr std::size_t most_at_once = std::size_t{64} << 20;

/// What tells this process from any other that may have its number; 0 before the first loan.
std::uint64_t own_seal = 0;

std::uint64_t random_number() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

std::uint64_t address_of(void const* data) {
    return reinterpret_cast<std::uint64_t>(data);
}

/// Copies some of the lent bytes, from an offset on.
bool take(link::Lent const& lent, std::uint64_t offset, void* to, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        std::size_t const now = std::min(size - done, most_at_once);
        std::uint64_t seal = 0;
        std::array<iovec, 2> const here{{{&seal, sizeof seal}, {static_cast<char*>(to) + done, now}}};
        std::array<iovec, 2> const there{{{reinterpret_cast<void*>(lent.seal_address), sizeof seal},
                                          {reinterpret_cast<void*>(lent.address + offset + done), now}}};
        ssize_t const got =
            ::process_vm_readv(lent.pid, here.data(), here.size(), there.data(), there.size(), 0);
        if (got != static_cast<ssize_t>(sizeof seal + now) || seal != lent.seal) return false;
        done += now;
    }
    return true;
}

/// Does a job on another thread, which no signal of the user's reaches; where there can be none, at the end
/// on this one.
class Helper {
  public:
    explicit Helper(std::function<void()> job) : job_(std::move(job)) {
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread_ = std::thread{job_};
        } catch (std::exception const&) {
            // The process may have no more threads, or no memory for one.
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    Helper(Helper const&) = delete;
    ~Helper() { finish(); }

    void finish() {
        if (thread_.joinable()) {
            thread_.join();
        } else if (job_) {
            job_();
        }
        job_ = nullptr;
    }

  private:
    std::function<void()> job_;
    std::thread thread_;
};

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
    if (size < worth_two_threads) return take(lent, 0, to, size);
    // The first touch of fresh memory costs as much as the copy: two cores do both sooner than one.
    std::size_t const half = size / 2 / large_page * large_page;
    bool took_rest = false;
    Helper helper{[&] { took_rest = take(lent, half, static_cast<char*>(to) + half, size - half); }};
    bool const took_half = take(lent, 0, to, half);
    helper.finish();
    return took_half && took_rest;
}

}  // namespace rankpool::worker
