// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// The files that a pattern names, in order of their bytes: `*`, `?` and `[...]` as in a shell, `**` for
/// folders of any depth, of which none is a link. Names that begin with a dot are matched only by a dot.
/// Throws InputError where there is none.
std::vector<std::string> files_like(std::string const& pattern);

}  // namespace rankpool::batch
