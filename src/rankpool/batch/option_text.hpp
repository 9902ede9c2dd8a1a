// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job_base.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rankpool::batch {

/// The group of the options that say how a job is run.
inline constexpr auto run_group = "Run options";

/// Options of a command in force, as a person would type them, defaults among them.
enum class Which { job, run, all };
Options options_in_force(CLI::App const& command, Which which);

/// The same as TOML, for `--config`.
std::string as_toml(std::string const& title, Options const& options);

/// The words of the command line with those of a `--config FILE` among them put in, as far as they are not
/// given on the line itself. Throws InputError where the file cannot be read.
std::vector<std::string> with_config(std::vector<std::string> words);

/// The options of such a file, each as `--name=value`. Throws InputError where it is no such file.
std::vector<std::string> words_of_config(std::istream& in, std::string const& file);

}  // namespace rankpool::batch
