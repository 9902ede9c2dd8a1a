// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/job/option_set.hpp"
#include "rankpool/batch/resources/needs.hpp"
#include "rankpool/batch/words/word_template.hpp"
#include "rankpool/wire/std_types.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// What is run for each row, as it is typed.
struct CommandOptions {
    std::vector<std::string> words;
    std::string shell;                     ///< empty: the words are a program and its arguments
    std::vector<std::string> environment;  ///< NAME=VALUE
    std::string folder;
    std::string task_dir;
    std::string stdin_file;
    std::string stdin_column;
    std::string output_dir;  ///< one of OutputOptions
    std::string cpus;
    std::string memory;
    std::string gpus;
    std::string ranks;
    bool strict = false;
    bool is_persistent = false;

    void declare(OptionSet& options);
};

/// One command: its words, and what it finds when it starts.
struct PlannedCommand {
    std::vector<std::string> words;
    CommandSurroundings surroundings;
    std::string task_dir;     ///< where its own folder is to be once it has succeeded; empty: none
    std::string output_file;  ///< for what it writes, but for .out and .err; empty: none
    Needs needs;
    double timeout = 0;       ///< seconds, where it has a limit of its own
    std::string tag;          ///< of the lines that it writes
    std::string odd_numbers;  ///< of its row

    /// As it can be typed in a shell.
    [[nodiscard]] std::string text() const;
};

/// How a row becomes a command. Travels to every worker.
class CommandPlan {
  public:
    CommandPlan() = default;
    /// Throws InputError where a placeholder or an option is wrong. `are_commands`: each row is a shell's
    /// line.
    CommandPlan(CommandOptions const& options, Placeholder::Columns columns, bool are_commands);

    /// Throws InputError where the row cannot be filled in.
    [[nodiscard]] PlannedCommand command_for(Filling const& filling) const;
    /// From now on each command counts for one core if it asks for none.
    void count_cores() { counts_cores_ = true; }
    /// The command is one for all rows, which it gets on stdin.
    [[nodiscard]] bool is_persistent() const { return is_persistent_; }
    [[nodiscard]] bool counts_cores() const { return counts_cores_; }
    /// Its number changes what is run.
    [[nodiscard]] bool needs_number() const;
    [[nodiscard]] std::vector<std::string> const& columns() const { return names_; }
    /// Of files for what commands write that are named by tasks; empty: there is none.
    [[nodiscard]] std::string output_folder() const;
    /// Such files are named by what is filled in.
    [[nodiscard]] bool names_outputs() const { return output_file_.has_placeholders(); }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& words_& shell_& names_& environment_& folder_& task_dir_& stdin_file_& stdin_column_;
        archive& is_line_& output_file_& is_output_folder_& cpus_& memory_& gpus_& ranks_& counts_cores_&
            is_persistent_;
    }

  private:
    void check_persistent(CommandOptions const& options) const;
    [[nodiscard]] std::vector<WordTemplate const*> templates() const;
    [[nodiscard]] std::vector<std::string> variables_for(Filling const& filling) const;
    void fill_in_needs(PlannedCommand& command, Filling const& filling) const;

    std::vector<WordTemplate> words_;
    std::string shell_;
    std::vector<std::string> names_;
    std::vector<std::pair<std::string, WordTemplate>> environment_;
    WordTemplate folder_;
    WordTemplate task_dir_;
    WordTemplate stdin_file_;
    WordTemplate output_file_;
    WordTemplate cpus_;
    WordTemplate memory_;
    WordTemplate gpus_;
    WordTemplate ranks_;
    bool counts_cores_ = false;
    bool is_persistent_ = false;
    std::int64_t stdin_column_ = -1;
    bool is_line_ = false;
    bool is_output_folder_ = false;  ///< the files in it are named by tasks
};

}  // namespace rankpool::batch
