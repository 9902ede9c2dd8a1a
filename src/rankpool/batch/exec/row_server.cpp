// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/row_server.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/command/failed_with_output.hpp"
#include "rankpool/batch/command/last_words.hpp"
#include "rankpool/batch/command/persistent_process.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t longest_shown = 200;

[[noreturn]] void fail(std::exception_ptr error, std::string const& err) {
    throw FailedWithOutput{std::move(error), "", shortened(err, part_of_failed)};
}

/// What an answer gives or, as the exception of a failure, what it says is wrong.
/// Where it is neither, the process is ended: its next line may be the answer.
Json value_of(Reply const& reply, std::string const& name, std::unique_ptr<PersistentProcess>& process) {
    auto const answer = Json::parse(reply.line, nullptr, false);
    if (answer.is_object() && answer.contains("ok")) return answer["ok"];
    if (answer.is_object() && answer.contains("error")) {
        auto const& error = answer["error"];
        fail(std::make_exception_ptr(
                 std::runtime_error(error.is_string() ? error.get<std::string>() : error.dump())),
             reply.err);
    }
    process.reset();
    fail(
        std::make_exception_ptr(Error(fmt::format(
            R"({} answered {} (neither {{"ok": ...}} nor {{"error": ...}}). Does it write something else to stdout?)",
            name, shortened(reply.line, longest_shown)))),
        reply.err);
}

Value value_of_json(Json const& json) {
    if (json.is_null()) return {};
    if (json.is_boolean()) return std::int64_t{json.get<bool>()};
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
        return json.get<double>();
    if (json.is_number_integer()) return json.get<std::int64_t>();
    if (json.is_number()) return json.get<double>();
    if (json.is_string()) return json.get<std::string>();
    return dumped(json, -1);
}

}  // namespace

std::string request_for(std::vector<std::string> const& columns, std::vector<std::string> const& fields,
                        std::string const& object, TaskPlace const& place) {
    auto const known = object.empty() ? Json::object() : Json::parse(object, nullptr, false);
    auto more = Json::object();
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!known.contains(columns[i])) more[columns[i]] = fields.at(i);
    }
    auto input = dumped(more, -1);
    if (!known.empty()) {
        // The object's own letters: its numbers may have more digits than Json keeps.
        auto const start = object.substr(0, object.rfind('}'));
        input = start + (more.empty() ? "}" : "," + input.substr(1));
        // Some take it for the end of the line; within a text it cannot be.
        std::ranges::replace(input, '\r', ' ');
    }
    return fmt::format(R"({{"task":{},"attempt":{},"input":{}}})", place.task, place.attempt, input);
}

NamedValues values_in_answer(std::string const& json) {
    auto const answer = Json::parse(json, nullptr, false);
    if (!answer.is_object()) return {{"result", value_of_json(answer)}};
    NamedValues values;
    for (auto const& [name, value] : answer.items()) values.emplace_back(name, value_of_json(value));
    return values;
}

RowServer::RowServer() = default;
RowServer::~RowServer() = default;

RowServer& RowServer::here() {
    static std::unique_ptr<RowServer> server;
    if (!server) {
        server = std::make_unique<RowServer>();
        ::signal(SIGPIPE, SIG_IGN);
        worker::this_worker().at_end = [] { server.reset(); };
    }
    return *server;
}

CommandDone RowServer::ask(PlannedCommand& command, std::function<void(CommandSurroundings&)> const& surround,
                           std::string const& request, KnownMemory const& memory, TaskPlace& place) {
    double const seconds = place.limit;
    // What it did after an answer is not this row's fault.
    if (process_ && !process_->is_at_hand()) process_.reset();
    if (!process_) {
        surround(command.surroundings);
        process_ = std::make_unique<PersistentProcess>(command.words, command.surroundings);
    }
    auto const limit =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    auto const memory_limit = memory.raised(memory.limit);
    auto const reply =
        process_->ask(request, seconds > 0 ? Deadline::after(limit) : Deadline::never(), memory_limit);
    auto& end = *place.end;
    auto const& name = command.words.front();
    end.cause = "answer";
    if (reply.is_over_memory) {
        end.peak_memory = static_cast<std::int64_t>(process_->peak_memory());
        end.cause = "memory";
        process_.reset();
        fail(std::make_exception_ptr(
                 Error(fmt::format("over --memory-limit ({} and what it has started had more than {} bytes)",
                                   name, memory_limit))),
             reply.err);
    }
    if (reply.is_late) {
        process_.reset();
        end.cause = "timeout";
        fail(std::make_exception_ptr(Error(fmt::format("ran longer than --timeout ({} took more than {})",
                                                       name, duration_text(seconds)))),
             reply.err);
    }
    if (reply.has_ended) {
        process_.reset();
        end.cause = "exit";
        if (WIFEXITED(reply.wait_status)) end.exit_code = WEXITSTATUS(reply.wait_status);
        if (WIFSIGNALED(reply.wait_status)) {
            end.signal = WTERMSIG(reply.wait_status);
            end.cause = "signal";
        }
        auto const said = last_words(reply.err, "");
        fail(std::make_exception_ptr(std::runtime_error(fmt::format("{} {} instead of answering{}{}", name,
                                                                    describe_wait_status(reply.wait_status),
                                                                    said.empty() ? "" : ": ", said))),
             reply.err);
    }
    // What it was given more of was this row's alone.
    if (memory_limit > memory.limit) process_.reset();
    auto const value = value_of(reply, name, process_);
    end.cause = "";
    CommandDone done;
    done.out = dumped(value, -1) + "\n";
    done.err = reply.err;
    done.out_bytes = done.out.size();
    done.err_bytes = done.err.size();
    return done;
}

}  // namespace rankpool::batch
