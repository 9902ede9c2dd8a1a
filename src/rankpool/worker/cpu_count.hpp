// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// Cores that the job may use on all its nodes: those that the launcher or the batch system has bound its
/// ranks to, or all of each node where they are not bound. Cores that ranks share count once. In any worker;
/// throws UsageError elsewhere. Differs from Python, whose cpu_count() is about one machine.
[[nodiscard]] int cpu_count();

}  // namespace rankpool
