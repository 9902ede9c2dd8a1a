// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/explain.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/task_history.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_input = 2000;

std::string end_of(Attempt const& attempt) {
    auto const time = duration_text(attempt.seconds);
    switch (attempt.outcome) {
        case AttemptOutcome::ok:
            return fmt::format("succeeded after {}", time);
        case AttemptOutcome::failed:
            return fmt::format("failed after {}: {}", time, attempt.error);
        case AttemptOutcome::timeout:
            return fmt::format("was ended after {}: {}", time, attempt.error);
        case AttemptOutcome::lost:
            break;
    }
    return fmt::format("was lost after {}: {}", time, attempt.error);
}

std::string sentence_of(CommandEnd const& end) {
    auto text = fmt::format("  It ran {}", end.command);
    if (end.exit_code) text += fmt::format("\n  which left with exit code {}", *end.exit_code);
    if (end.signal) text += fmt::format("\n  which was ended by signal {}", *end.signal);
    if (end.exit_code || end.signal) {
        text += fmt::format(" and had {} of user and {} of system time", duration_text(end.user_seconds),
                            duration_text(end.system_seconds));
    }
    return text + ".\n";
}

std::string sentence_of(TaskHistory::Try const& tried) {
    auto const& attempt = tried.attempt;
    auto const worker = attempt.command ? fmt::format("slot {}, ", attempt.command->slot) : std::string{};
    auto const processor =
        attempt.processor >= 0 ? fmt::format(", processor {}", attempt.processor) : std::string{};
    auto text = fmt::format("Attempt {} began on {} on {}, rank {} ({}process {}{}), and {}.\n",
                            attempt.number, time_text(attempt.started), attempt.host, attempt.rank, worker,
                            attempt.pid, processor, end_of(attempt));
    if (attempt.command) text += sentence_of(*attempt.command);
    return text;
}

std::string last_sentence(TaskHistory const& history) {
    if (history.has_result) return "It has a result.\n";
    if (history.has_failed) return "It has failed; with --resume the run tries it again.\n";
    return history.tries.empty() ? "It has been handed out and has come to no end yet.\n"
                                 : "It is to be tried again.\n";
}

std::string text_of(TaskHistory const& history, std::filesystem::path const& run, std::int64_t task) {
    auto text = fmt::format("Task {} of {}", task, run.string());
    if (!history.input.empty()) {
        text += ": " + input_text(history.record.input_columns, history.input, longest_input);
    }
    text += ".\n";
    std::size_t session = history.sessions.size();
    for (auto const& tried : history.tries) {
        if (tried.session != session && tried.session < history.sessions.size()) {
            session = tried.session;
            auto const& told = history.sessions[session];
            text +=
                fmt::format("Session {}, from {}: {}\n", session + 1, time_text(told.started), told.command);
        }
        text += sentence_of(tried);
    }
    return text + last_sentence(history);
}

}  // namespace

std::string explanation(std::filesystem::path const& run, std::int64_t task) {
    DatabaseView view{RunDirectory{run}.database()};
    if (!view.lack().empty()) say(view.lack());
    auto const history =
        view.read([&](SQLite::Database& database) { return read_task_history(database, task); });
    std::string text;
    // Each line for itself, as what stands in the database may have ends of lines and worse.
    auto const whole = text_of(history, run, task);
    for (std::size_t at = 0; at < whole.size();) {
        auto const end = std::min(whole.find('\n', at), whole.size());
        text += printable(whole.substr(at, end - at)) + "\n";
        at = end + 1;
    }
    return text;
}

}  // namespace rankpool::batch
