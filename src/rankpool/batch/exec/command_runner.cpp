// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/command_runner.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/batch/command/failed_with_output.hpp"
#include "rankpool/batch/command/last_words.hpp"
#include "rankpool/batch/exec/live_file.hpp"
#include "rankpool/batch/exec/live_lines.hpp"
#include "rankpool/batch/exec/row_server.hpp"
#include "rankpool/batch/exec/task_folder.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/batch/text/split.hpp"
#include "rankpool/core/atomic_file.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace rankpool::batch {
namespace {

/// One that has waited for its turn for so long asks whether it is still wanted.
constexpr std::chrono::milliseconds long_wait{100};

/// Why the command failed, in a word and as an error; no word where it did not.
struct Failure {
    std::string cause;
    std::exception_ptr error;
};

Failure failure_of(std::string const& name, ChildResult const& result, ChildOptions const& limits,
                   SuccessCodes const& success) {
    int const status = result.wait_status;
    if (result.is_over_memory) {
        return {"memory", std::make_exception_ptr(Error(fmt::format(
                              "over --memory-limit ({} and what it has started had more than {} bytes)", name,
                              limits.memory_limit)))};
    }
    if (result.is_over_time) {
        auto const limit = std::chrono::duration<double>(result.timeout).count();
        return {"timeout",
                std::make_exception_ptr(Error(fmt::format("ran longer than --timeout ({} took more "
                                                          "than {})",
                                                          name, duration_text(limit))))};
    }
    bool const is_good = WIFEXITED(status) && success.have(WEXITSTATUS(status));
    if (result.is_out_of_memory && !is_good) {
        return {"memory", std::make_exception_ptr(Error(fmt::format(
                              "out of memory ({} {}, and the system has ended a process for want of memory)",
                              name, describe_wait_status(status))))};
    }
    if (result.is_told_to_end && !is_good)
        return {"told", std::make_exception_ptr(Error(name + " was told to end, as the run does"))};
    if (!is_good) {
        std::string const said = last_words(result.err, result.out);
        return {WIFEXITED(status) ? "exit" : "signal",
                std::make_exception_ptr(std::runtime_error(name + " " + describe_wait_status(status) +
                                                           (said.empty() ? "" : ": " + said)))};
    }
    if (!result.is_out_whole) {
        return {"output",
                std::make_exception_ptr(Error(fmt::format(
                    "{} wrote {} bytes to stdout (no more than {} are kept of a row). Let it write to "
                    "a file?",
                    name, result.out_bytes, limits.most_out)))};
    }
    return {};
}

void note_end(CommandEnd& end, ChildResult const& result) {
    if (WIFEXITED(result.wait_status)) {
        end.exit_code = WEXITSTATUS(result.wait_status);
    } else if (WIFSIGNALED(result.wait_status)) {
        end.signal = WTERMSIG(result.wait_status);
    }
    end.user_seconds = result.user_seconds;
    end.system_seconds = result.system_seconds;
    end.peak_memory = result.watched_memory;
    end.out_bytes = result.out_bytes;
}

void write_files(std::string const& name, ChildResult const& result) {
    std::error_code problem;
    std::filesystem::create_directories(std::filesystem::path{name}.parent_path(), problem);
    for (auto const& [end, text] : {std::pair{".out", &result.out}, std::pair{".err", &result.err}}) {
        AtomicFile file{name + end};
        file.write(*text);
        file.commit(AtomicFile::Durability::none);
    }
}

}  // namespace

std::optional<SuccessCodes> SuccessCodes::parse(std::string const& text) {
    SuccessCodes parsed{{}};
    for (auto const& part : split(text, ',')) {
        auto const code = parse_number<int>(part);
        if (!code || *code < 0 || *code > 255) return std::nullopt;
        parsed.codes.push_back(*code);
    }
    return parsed;
}

bool SuccessCodes::have(int code) const {
    return std::ranges::find(codes, code) != codes.end();
}

/// Tells where the ends for persistent commands are, beside this program: to all, and to Python's imports.
void add_share(std::vector<std::string>& variables) {
    std::error_code problem;
    auto const program = std::filesystem::read_symlink("/proc/self/exe", problem);
    auto const folder = (program.parent_path() / "../share/rankpool").lexically_normal();
    if (problem || !std::filesystem::exists(folder / "rankpool_worker.py", problem)) return;
    variables.push_back("RANKPOOL_SHARE=" + folder.string());
    bool const is_set =
        std::ranges::any_of(variables, [](auto const& name) { return name.starts_with("PYTHONPATH="); });
    if (is_set) return;
    char const* const before = std::getenv("PYTHONPATH");
    variables.push_back(
        fmt::format("PYTHONPATH={}{}{}", before ? before : "", before ? ":" : "", folder.string()));
}

KnownMemory CommandRunner::known_memory(TaskPlace const& place) const {
    return {place.memory, memory_limit, place.failed_memory, place.memory_failures};
}

Turn CommandRunner::begin(Turn::Of of, PlannedCommand const& command, TaskPlace& place) const {
    place.end.emplace();
    place.end->slot = place.slot;
    place.end->command = shortened(command.text(), longest_kept_command);
    place.end->cause = "start";
    place.end->cpus = command.needs.cpus;
    place.end->odd_numbers = command.odd_numbers;
    return Turn{of, command.needs, known_memory(place), workers_on_node, limits, run_dir, place.waited};
}

/// That the run was not over is known from before the command waited for its turn.
void CommandRunner::check_wanted(PlannedCommand const& command, TaskPlace& place) const {
    if (place.waited <= long_wait || !orders.ask().begins_nothing) return;
    place.end->cause = "told";
    throw Error(command.words.front() + " was not begun, as the run ends");
}

CommandDone CommandRunner::ask(PlannedCommand command, std::string const& request, TaskPlace& place) const {
    Turn const turn = begin(Turn::Of::persistent_command, command, place);
    check_wanted(command, place);
    auto const surround = [&](CommandSurroundings& surroundings) {
        turn.prepare(surroundings);
        auto& variables = surroundings.environment;
        variables.push_back(fmt::format("RANKPOOL_SLOT={}", place.slot));
        variables.push_back("RANKPOOL_RUN_DIR=" + run_dir);
        add_share(variables);
    };
    try {
        auto done = RowServer::here().ask(command, surround, request, known_memory(place), place);
        // The answer is left: its fields are columns, whether it is kept or not.
        if (keeps != KeptOf::all) done.err = "";
        return done;
    } catch (FailedWithOutput const& failed) {
        if (keeps == KeptOf::none) throw FailedWithOutput{failed.cause(), "", ""};
        throw;
    }
}

void add_task_variables(std::vector<std::string>& variables, TaskPlace const& place,
                        std::string const& run_dir, std::string const& task_dir) {
    variables.push_back(fmt::format("RANKPOOL_TASK_ID={}", place.task));
    variables.push_back(fmt::format("RANKPOOL_ATTEMPT={}", place.attempt));
    variables.push_back(fmt::format("RANKPOOL_SLOT={}", place.slot));
    variables.push_back("RANKPOOL_RUN_DIR=" + run_dir);
    if (!task_dir.empty()) variables.push_back("RANKPOOL_TASK_DIR=" + task_dir);
}

CommandDone CommandRunner::run(PlannedCommand command, TaskPlace& place) const {
    Turn const turn = begin(Turn::Of::command, command, place);
    check_wanted(command, place);
    turn.prepare(command.surroundings);
    std::optional<TaskFolder> folder;
    if (!command.task_dir.empty()) {
        folder.emplace(command.task_dir, place.task, place.attempt);
        command.surroundings.folder = folder->path();
    }
    add_task_variables(command.surroundings.environment, place, run_dir, folder ? folder->path() : "");
    auto const limit = std::chrono::duration<double>(command.timeout > 0 ? command.timeout : place.limit);
    LiveLines lines{command.tag};
    LiveFile file{RunDirectory{run_dir}.running(place.task)};
    ChildOptions options{.memory_limit = known_memory(place).raised(memory_limit),
                         .whole_tree = true,
                         .surroundings = std::move(command.surroundings),
                         .timeout = std::chrono::duration_cast<std::chrono::nanoseconds>(limit),
                         .end_steps = end_steps};
    options.on_out = [&](std::string_view text) {
        file.add(text);
        if (shows_lines) lines.add(text);
    };
    options.on_err = [&](std::string_view text) { file.add(text); };
    options.orders = [&]() -> ChildOrders {
        file.look();
        if (!asks_for_orders) return {};
        auto const now = orders.ask();
        // A limit of its own stays.
        auto const timeout = std::chrono::duration<double>(command.timeout > 0 ? 0 : now.timeout);
        return {std::chrono::duration_cast<std::chrono::nanoseconds>(timeout), now.all_must_end};
    };
    ChildResult result = run_child(command.words, options);
    note_end(*place.end, result);
    auto failure = failure_of(command.words.front(), result, options, success);
    place.end->cause = failure.cause;
    if (!command.output_file.empty()) write_files(command.output_file, result);
    if (failure.error) {
        if (keeps == KeptOf::none) result.out = result.err = "";
        throw FailedWithOutput{std::move(failure.error), shortened_output(result.out, part_of_failed),
                               shortened_output(result.err, part_of_failed)};
    }
    if (folder) folder->put_into_place();
    if (keeps != KeptOf::all) result.out = result.err = "";
    return {std::move(result.out), std::move(result.err), result.user_seconds + result.system_seconds,
            result.peak_memory,    result.out_bytes,      result.err_bytes};
}

}  // namespace rankpool::batch
