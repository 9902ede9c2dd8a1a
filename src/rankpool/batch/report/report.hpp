// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace rankpool::batch {

/// What a run has been, as one page of HTML without anything outside of it. Throws InputError as read_facts
/// does.
std::string report_page(std::filesystem::path const& database);

}  // namespace rankpool::batch
