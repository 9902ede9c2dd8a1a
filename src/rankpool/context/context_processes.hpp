// SPDX-License-Identifier: MIT
// The bodies of the function templates of Context that make processes.
#pragma once

#include "rankpool/context/context.hpp"
#include "rankpool/process/process_group.hpp"

namespace rankpool {

template <auto F, class... Args>
Process Context::process(Args&&... args) {
    return process::make_of({}, task::Function<F>{}, std::forward<Args>(args)...);
}
template <auto F, class... Args>
Process Context::process(ProcessOptions options, Args&&... args) {
    return process::make_of(std::move(options), task::Function<F>{}, std::forward<Args>(args)...);
}
template <class Callable, class... Args>
Process Context::process(Callable callable, Args&&... args) {
    return process::make_of({}, std::move(callable), std::forward<Args>(args)...);
}
template <class Callable, class... Args>
Process Context::process(ProcessOptions options, Callable callable, Args&&... args) {
    return process::make_of(std::move(options), std::move(callable), std::forward<Args>(args)...);
}

template <auto F, class... Args>
ProcessGroup Context::processes(long n, Args&&... args) {
    return processes<F>(n, ProcessGroupOptions{}, std::forward<Args>(args)...);
}
template <auto F, class... Args>
ProcessGroup Context::processes(long n, ProcessGroupOptions options, Args&&... args) {
    using ProcessCall = process::ProcessCallOf<task::Function<F>, std::decay_t<Args>...>;
    return process::make_group(
        n, options, std::make_shared<ProcessCall>(task::Function<F>{}, std::forward<Args>(args)...));
}

}  // namespace rankpool
