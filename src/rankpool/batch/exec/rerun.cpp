// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/rerun.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/columns/word_list.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/exec/command_runner.hpp"
#include "rankpool/batch/exec/task_folder.hpp"
#include "rankpool/batch/exec/turn.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/odd_numbers.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/task_history.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/stream_write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

/// What is kept of a command is shell text as bash reads it.
constexpr auto shell = "/bin/bash";

TaskHistory history_of(RerunSettings const& settings) {
    DatabaseView view{RunDirectory{settings.run}.database()};
    return view.read([&](SQLite::Database& database) { return read_task_history(database, settings.task); });
}

[[noreturn]] void refuse(RerunSettings const& settings, std::string const& why) {
    throw InputError(
        fmt::format("cannot run task {} of {} again ({})", settings.task, settings.run.string(), why));
}

/// The last try of the task, with its command.
Attempt const& last_try(TaskHistory const& history, RerunSettings const& settings) {
    if (history.record.job != "exec") {
        refuse(settings, fmt::format("it is a task of {}; those of exec are commands", history.record.job));
    }
    bool const is_persistent = std::ranges::any_of(history.record.options, [](auto const& option) {
        return option.first == "--persistent" && option.second == "true";
    });
    if (is_persistent) refuse(settings, "its command is a persistent one, which gets its rows by stdin");
    if (history.tries.empty()) refuse(settings, "it has not been tried yet");
    auto const& last = history.tries.back().attempt;
    if (!last.command || last.command->command.empty()) {
        refuse(settings, "the run does not tell its command, as it was lost or is of an older version");
    }
    if (last.command->command.size() >= longest_kept_command) {
        refuse(settings, "its command is so long that only its start is kept");
    }
    return last;
}

CommandOptions options_of(RunRecord const& record) {
    CommandOptions options;
    for (auto const& [name, value] : record.options) {
        if (name == "--env") options.environment = words_in(value).value_or(std::vector{value});
        if (name == "--cwd") options.folder = value;
        if (name == "--task-dir") options.task_dir = value;
        if (name == "--stdin") options.stdin_file = value;
        if (name == "--stdin-column") options.stdin_column = value;
    }
    return options;
}

/// What rows call their fields. Earlier versions have kept the names of columns alone.
Placeholder::Columns columns_of(RunRecord const& record) {
    Placeholder::Columns columns;
    for (std::size_t i = 0; i < record.input_columns.size(); ++i) {
        auto const& column = record.input_columns[i].name;
        bool const is_known = i < record.fields.size();
        columns.names.push_back(is_known ? record.fields[i].name : column);
        if (is_known ? record.fields[i].is_value : column.starts_with("value")) columns.values.push_back(i);
    }
    return columns;
}

/// What its command finds when it starts.
PlannedCommand surroundings_of(TaskHistory const& history, Attempt const& last,
                               RerunSettings const& settings) {
    std::vector<std::string> fields;
    for (auto const& value : history.input) fields.push_back(plain_text(value));
    put_back_odd_numbers(fields, last.command->odd_numbers);
    bool const are_commands = std::ranges::none_of(
        history.record.options, [](auto const& option) { return option.first == "command"; });
    if (fields.empty() && are_commands) fields.emplace_back();
    if (fields.empty()) refuse(settings, "it has come to no end yet, and its row is stored with that");
    CommandPlan const plan{options_of(history.record), columns_of(history.record), are_commands};
    auto command = plan.command_for({fields, last.task + 1, last.command->slot});
    add_thread_variables(command.surroundings.environment, last.command->cpus);
    return command;
}

void read_stdin_from(UniqueFd const& file, std::string const& name) {
    if (file && ::dup2(file.get(), STDIN_FILENO) == STDIN_FILENO) return;
    throw InputError(fmt::format("cannot read {} for the command's stdin ({})", name, std::strerror(errno)));
}

void take_stdin(CommandSurroundings const& surroundings, bool stays) {
    if (surroundings.input) {
        UniqueFd const memory{::memfd_create("stdin", 0)};
        if (memory &&
            (write_all(memory.get(), *surroundings.input) != 0 || ::lseek(memory.get(), 0, SEEK_SET) != 0)) {
            throw InputError("cannot keep the command's stdin. Is there memory for it?");
        }
        read_stdin_from(memory, "its field");
    } else if (!surroundings.input_file.empty()) {
        read_stdin_from(UniqueFd{::open(surroundings.input_file.c_str(), O_RDONLY)}, surroundings.input_file);
    } else if (!stays) {
        read_stdin_from(UniqueFd{::open("/dev/null", O_RDONLY)}, "/dev/null");
    }
}

void go_to(std::string const& folder) {
    if (folder.empty() || ::chdir(folder.c_str()) == 0) return;
    throw InputError(
        fmt::format("cannot run in {} ({}). Is the folder there?", folder, std::strerror(errno)));
}

[[noreturn]] void become(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (int const number : {SIGPIPE, SIGXFSZ}) ::signal(number, SIG_DFL);
    ::execvp(arguments.front(), arguments.data());
    throw InputError(fmt::format("cannot start {} ({})", words.front(), std::strerror(errno)));
}

}  // namespace

void rerun(RerunSettings const& settings) {
    auto const history = history_of(settings);
    auto const& last = last_try(history, settings);
    std::error_code problem;
    auto const run = fs::absolute(settings.run, problem).lexically_normal();
    auto const session = history.tries.back().session;
    if (session < history.sessions.size()) go_to(history.sessions[session].folder);
    auto command = surroundings_of(history, last, settings);
    auto& variables = command.surroundings.environment;
    std::optional<TaskFolder> folder;
    if (!command.task_dir.empty()) {
        folder.emplace(command.task_dir, last.task, 0);
        command.surroundings.folder = folder->path();
        say("it works in " + folder->path());
    }
    add_task_variables(variables, {.task = last.task, .attempt = last.number, .slot = last.command->slot},
                       run.string(), folder ? folder->path() : "");
    take_stdin(command.surroundings, !settings.debugger.empty());
    go_to(command.surroundings.folder);
    for (auto& variable : variables) ::putenv(variable.data());
    auto const& text = last.command->command;
    if (settings.debugger == "gdb") become({shell, "-c", "exec gdb -q --args " + text});
    if (settings.debugger == "shell") {
        say("the command is: " + text);
        char const* const chosen = std::getenv("SHELL");
        become({chosen ? chosen : shell});
    }
    become({shell, "-c", "exec " + text});
}

}  // namespace rankpool::batch
