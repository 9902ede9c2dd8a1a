// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

/// Opens what is missing of stdin, stdout and stderr, so that no file of ours gets its number; before
/// anything else is opened. Reading from a stdin and writing to a stdout that were closed fails all the same;
/// what is said on a stderr that was closed is gone.
void open_standard_files();

}  // namespace rankpool
