// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace rankpool::batch {

/// An option as a file for `--config` has it: `retries = 3`, `k = [1, 3]`.
struct ConfigItem {
    std::string name;                 ///< without dashes
    std::vector<std::string> values;  ///< one, unless it is a list
    bool is_list = false;
};

/// The options of a TOML file: texts, numbers, true and false, and lists of such. Throws InputError where it
/// is something else, too large, or no TOML.
std::vector<ConfigItem> read_config(std::istream& in, std::string const& file);

/// An option as a line that read_config takes back byte for byte. What is not UTF-8, which TOML cannot hold,
/// is written as `{ hex = "4dfc" }`.
std::string config_line(ConfigItem const& item);

}  // namespace rankpool::batch
