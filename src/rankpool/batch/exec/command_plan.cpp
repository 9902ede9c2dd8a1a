// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/command_plan.hpp"

#include "rankpool/batch/exec/line_options.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/script_words.hpp"
#include "rankpool/batch/text/parse_number.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rankpool::batch {
namespace {

/// A longer value is not put into the environment, which is as large as the arguments may be together.
constexpr std::size_t longest_variable = 4096;
constexpr std::size_t most_in_variables = std::size_t{64} * 1024;

/// Variables that rankpool gives or takes: a column of such a name is told apart.
constexpr std::array own_variables{
    "TASK_ID",          "ATTEMPT",           "SLOT",           "RUN_DIR", "TASK_DIR", "RECOVERY",
    "WORKERS_PER_RANK", "HEARTBEAT_TIMEOUT", "EXIT_CODE_FILE", "SHARE"};

std::string check_variable(std::string const& text) {
    auto const place = text.find('=');
    return place != std::string::npos && place > 0 ? "" : text + " is not NAME=VALUE";
}

/// RANKPOOL_ALPHA for the column alpha.
std::string variable_for(std::string name) {
    for (char& letter : name) {
        bool const is_digit = letter >= '0' && letter <= '9';
        if (letter >= 'a' && letter <= 'z') {
            letter = static_cast<char>(letter - 'a' + 'A');
        } else if (!is_digit && !(letter >= 'A' && letter <= 'Z')) {
            letter = '_';
        }
    }
    bool const is_own = std::ranges::find(own_variables, name) != own_variables.end();
    return (is_own || name.starts_with("COLUMN_") ? "RANKPOOL_COLUMN_" : "RANKPOOL_") + name;
}

std::int64_t place_of(std::string const& name, std::vector<std::string> const& columns) {
    auto const found = std::ranges::find(columns, name);
    if (found != columns.end()) return found - columns.begin();
    throw InputError(fmt::format("cannot give column {} to stdin (there is no such column). There is {}.",
                                 name, fmt::join(columns, ", ")));
}

}  // namespace

void CommandOptions::declare(OptionSet& options) {
    options
        .add("--shell", shell,
             "The command is a line for /bin/sh, or another shell; each value is quoted in it")
        .value_if_none("/bin/sh")
        .type_name("[SHELL]")
        .group(command_group);
    options.add("--env", environment, "A variable of the command; may have placeholders, as the next ones")
        .one_by_one()
        .check(check_variable)
        .type_name("NAME=VALUE")
        .group(command_group);
    options.add("--cwd", folder, "The folder in which it runs").type_name("FOLDER").group(command_group);
    options
        .add("--task-dir", task_dir,
             "A folder of its own in which it runs, which is there when it has succeeded and only then")
        .type_name("FOLDER")
        .group(command_group);
    options.add("--stdin", stdin_file, "What it reads from stdin").type_name("FILE").group(command_group);
    options.add("--stdin-column", stdin_column, "The field that it reads from stdin")
        .type_name("COLUMN")
        .group(command_group);
    options
        .add_flag("--persistent", is_persistent,
                  "The command stays and gets each row as a line of JSON on stdin, {\"input\": {\"x\": "
                  "\"3\"}}; it answers "
                  "by a line {\"ok\": RESULT} or {\"error\": TEXT}")
        .group(command_group);
    options.add("--cpus", cpus, "Cores that it has for itself; may have placeholders, as the next two")
        .type_name("N")
        .group(resource_group);
    options.add("--memory", memory, "Memory that is kept for it (--memory-limit ends it)")
        .type_name("SIZE")
        .group(resource_group);
    options.add("--gpus", gpus, "GPUs that it has for itself, or a part of one, such as 0.5")
        .type_name("N")
        .group(resource_group);
    options
        .add("--ranks", ranks,
             "It is an MPI program, and is run by mpirun with so many ranks, on one node; --cpus is then as "
             "large if not "
             "given")
        .type_name("N")
        .group(resource_group);
    options.add_flag("--strict", strict, "Names in braces that are no columns are refused, not kept")
        .group(command_group);
    options.add_words("command", words,
                      "After --: what to run. {name} is the row's field of that column, {} the value where "
                      "columns have no names; {#} the row's number from 1 (RANKPOOL_TASK_ID counts from 0), "
                      "{%} the worker's slot; {file.} {file/} {file//} {file/.} a path without extension, "
                      "without folders, its folder, and without both; {x:.3f} formats; {file|stem}. Then "
                      "rows: ::: VALUES, :::: FILES, with + to go along with those before");
}

std::string PlannedCommand::text() const {
    std::vector<std::string> quoted;
    for (auto const& word : words) quoted.push_back(quoted_for_shell(word));
    return fmt::format("{}", fmt::join(quoted, " "));
}

CommandPlan::CommandPlan(CommandOptions const& options, Placeholder::Columns columns, bool are_commands)
    : shell_(options.shell), names_(columns.names), is_line_(are_commands) {
    auto const unknown = options.strict ? UnknownBraces::refused : UnknownBraces::kept;
    auto const made = [&](std::string const& text) { return WordTemplate{text, columns, unknown}; };
    bool const has_words = !options.words.empty();
    if (are_commands && has_words) {
        throw InputError(
            "cannot run a command for each line of --commands (its lines are commands). Give it "
            "by --input, or leave away what is after --?");
    }
    if (are_commands) {
        if (shell_.empty()) shell_ = "/bin/sh";
    } else if (shell_.empty()) {
        for (auto const& word : options.words) words_.push_back(made(word));
    } else {
        words_.push_back(made(fmt::format("{}", fmt::join(options.words, " "))));
    }
    bool const has_any = std::ranges::any_of(words_, &WordTemplate::has_placeholders);
    is_persistent_ = options.is_persistent;
    if (is_persistent_ && (has_any || are_commands)) {
        throw InputError(
            "cannot fill in rows (a --persistent command is the same for all; it gets each row on stdin, as "
            "JSON). Leave "
            "the braces away?");
    }
    if (!is_persistent_ && !has_any && has_words && !columns.values.empty() && options.stdin_column.empty()) {
        if (shell_.empty()) {
            words_.push_back(made("{}"));
        } else {
            words_.back() = made(fmt::format("{} {{}}", fmt::join(options.words, " ")));
        }
    }
    for (auto const& variable : options.environment) {
        auto const place = variable.find('=');
        environment_.emplace_back(variable.substr(0, place), made(variable.substr(place + 1)));
    }
    if (!options.task_dir.empty() && !options.folder.empty()) {
        throw InputError("cannot run a command in two folders (--task-dir and --cwd). Leave one away?");
    }
    if (!options.stdin_column.empty() && !options.stdin_file.empty()) {
        throw InputError("cannot read stdin from two places (--stdin and --stdin-column). Leave one away?");
    }
    folder_ = made(options.folder);
    task_dir_ = made(options.task_dir);
    stdin_file_ = made(options.stdin_file);
    output_file_ = made(options.output_dir);
    cpus_ = made(options.cpus);
    memory_ = made(options.memory);
    gpus_ = made(options.gpus);
    ranks_ = made(options.ranks);
    counts_cores_ = !options.cpus.empty() || !options.ranks.empty();
    if (is_persistent_) check_persistent(options);
    is_output_folder_ = !options.output_dir.empty() && !output_file_.has_placeholders();
    if (!options.stdin_column.empty()) stdin_column_ = place_of(options.stdin_column, names_);
}

/// It is started once for many rows: nothing of it can be by row.
void CommandPlan::check_persistent(CommandOptions const& options) const {
    if (!options.ranks.empty()) {
        throw InputError("cannot ask an MPI program row by row (--persistent and --ranks). Leave one away?");
    }
    struct Given {
        char const* option;
        std::string const& value;
    };
    for (auto const& [option, value] :
         {Given{"--task-dir", options.task_dir}, Given{"--stdin", options.stdin_file},
          Given{"--stdin-column", options.stdin_column}, Given{"--output-dir", options.output_dir}}) {
        if (value.empty()) continue;
        throw InputError(fmt::format(
            "cannot take {} (a --persistent command stays for many rows, which it gets on stdin, as JSON). "
            "Leave one away?",
            option));
    }
    struct Filled {
        char const* option;
        WordTemplate const& text;
    };
    std::vector<Filled> filled{
        {"--cwd", folder_}, {"--cpus", cpus_}, {"--memory", memory_}, {"--gpus", gpus_}};
    for (auto const& [name, value] : environment_) filled.push_back({"--env", value});
    for (auto const& [option, text] : filled) {
        if (!text.needs_row()) continue;
        throw InputError(fmt::format(
            "cannot fill rows into {} (a --persistent command stays for many rows, which it gets on stdin, "
            "as JSON). Leave the braces away?",
            option));
    }
}

std::vector<WordTemplate const*> CommandPlan::templates() const {
    std::vector<WordTemplate const*> all{&folder_, &task_dir_, &stdin_file_, &output_file_};
    for (auto const& word : words_) all.push_back(&word);
    for (auto const& [name, value] : environment_) all.push_back(&value);
    return all;
}

bool CommandPlan::needs_number() const {
    return std::ranges::any_of(templates(), &WordTemplate::needs_number);
}

std::string CommandPlan::output_folder() const {
    return is_output_folder_ ? output_file_.fill({{}}) : "";
}

std::vector<std::string> CommandPlan::variables_for(Filling const& filling) const {
    std::vector<std::string> variables;
    std::size_t left = most_in_variables;
    // Of a persistent command they would be those of its first row.
    bool const has_fields = !is_line_ && !is_persistent_;
    for (std::size_t i = 0; i < names_.size() && has_fields; ++i) {
        auto variable = variable_for(names_[i]) + "=" + filling.fields.at(i);
        if (variable.size() > std::min(left, longest_variable)) continue;
        left -= variable.size();
        variables.push_back(std::move(variable));
    }
    for (auto const& [name, value] : environment_) variables.push_back(name + "=" + value.fill(filling));
    return variables;
}

void CommandPlan::fill_in_needs(PlannedCommand& command, Filling const& filling) const {
    if (auto const cpus = cpus_.fill(filling); !cpus.empty()) command.needs.set_cpus(cpus);
    if (auto const memory = memory_.fill(filling); !memory.empty()) command.needs.set_memory(memory);
    if (auto const gpus = gpus_.fill(filling); !gpus.empty()) command.needs.set_gpus(gpus);
    if (auto const ranks = ranks_.fill(filling); !ranks.empty()) {
        auto const count = parse_number<unsigned>(ranks);
        if (!count || *count == 0) {
            throw InputError(fmt::format("cannot take --ranks {} (it is no whole number from 1)", ranks));
        }
        if (cpus_.fill(filling).empty()) command.needs.cpus = *count;
        std::array<char, 256> host{};
        ::gethostname(host.data(), host.size() - 1);
        command.words.insert(command.words.begin(),
                             {"mpirun", "-q", "-np", ranks, "--host",
                              fmt::format("{}:{}", host.data(), ranks), "--bind-to", "none"});
    }
    if (is_line_) {
        auto const own = line_options(filling.fields.front());
        if (own.needs.cpus > 0) command.needs.cpus = own.needs.cpus;
        if (own.needs.memory > 0) command.needs.memory = own.needs.memory;
        if (own.needs.gpus > 0) command.needs.gpus = own.needs.gpus;
        command.timeout = own.timeout;
    }
    if (counts_cores_ && command.needs.cpus == 0) command.needs.cpus = 1;
}

PlannedCommand CommandPlan::command_for(Filling const& filling) const {
    PlannedCommand command;
    if (is_line_) {
        command.words = {shell_, "-c", filling.fields.front()};
    } else if (shell_.empty()) {
        for (auto const& word : words_) word.append_to(command.words, filling);
    } else {
        command.words = {shell_, "-c", words_.front().fill_for_shell(filling)};
    }
    command.surroundings.environment = variables_for(filling);
    command.surroundings.folder = folder_.fill(filling);
    command.surroundings.input_file = stdin_file_.fill(filling);
    command.task_dir = task_dir_.fill(filling);
    command.output_file = output_file_.fill(filling);
    if (is_output_folder_) command.output_file += fmt::format("/{}", filling.number - 1);
    fill_in_needs(command, filling);
    if (stdin_column_ >= 0) {
        command.surroundings.input = filling.fields.at(static_cast<std::size_t>(stdin_column_));
    }
    return command;
}

}  // namespace rankpool::batch
