// SPDX-License-Identifier: MIT
#include "rankpool/worker/current_process.hpp"

#include "rankpool/worker/worker_state.hpp"

#include <unistd.h>

#include <array>

namespace rankpool {

int CurrentProcess::rank() const {
    return worker::this_worker().mailbox.self().rank.value;
}

std::string CurrentProcess::name() const {
    return worker::this_worker().name;
}

pid_t CurrentProcess::pid() const {
    return ::getpid();
}

std::optional<int> CurrentProcess::index() const {
    auto const member = worker::this_worker().member;
    return member ? std::optional{static_cast<int>(*member)} : std::nullopt;
}

std::optional<int> CurrentProcess::local_index() const {
    auto const member = index();
    // The members go to the ranks in turn.
    link::Welcome const& welcome = worker::this_worker().mailbox.welcome();
    return member ? std::optional{*member / welcome.ranks * welcome.ranks_here + welcome.place_here}
                  : std::nullopt;
}

std::string CurrentProcess::host() const {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

}  // namespace rankpool
