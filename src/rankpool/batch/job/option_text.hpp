// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"

#include <cstdint>
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

/// The words after `--` such that the parser of options leaves them as they are: for it `[a,b]` is a list.
std::vector<std::string> as_plain_words(std::vector<std::string> words);
/// The words before `--` such that the value of `--name=` is empty; the parser would take the next word for
/// it.
std::vector<std::string> with_empty_values(std::vector<std::string> words, CLI::App const* command);
/// Has all options of the command take such values, and those of with_config, as they were. To be called when
/// all are declared.
void take_back_plain_words(CLI::App& command);
bool is_plain_word(std::string const& word);
/// A text without the signs that mark such words.
std::string without_plain_marks(std::string text);

/// All of them as TOML, for `--config`, the words after `--` among them; `seed`, the run's, is told in a
/// comment.
std::string as_toml(std::string const& title, std::uint64_t seed, CLI::App const& command);
/// The seed in such a text; 0 where there is none.
std::uint64_t seed_in(std::string const& toml);

/// The words of the command line with those of a `--config FILE` among them put in, as far as they are not
/// given on the line itself; their values are plain words. `command`: whose options they are; may be null.
/// Throws InputError where the file cannot be read.
std::vector<std::string> with_config(std::vector<std::string> words, CLI::App const* command);

}  // namespace rankpool::batch
