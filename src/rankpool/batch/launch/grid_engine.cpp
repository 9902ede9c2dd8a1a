// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/grid_engine.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/launch/program_question.hpp"
#include "rankpool/batch/launch/script_words.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/split.hpp"
#include "rankpool/core/job_environment.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <utility>

namespace rankpool::batch {
namespace {

using Tree = boost::property_tree::ptree;

constexpr auto time_resource = "h_rt";

std::string variable(char const* name) {
    char const* const value = std::getenv(name);
    return value ? value : "";
}

/// Of a time such as 08:00:00 or 28800; nothing for INFINITY.
std::optional<double> seconds_in(std::string const& text) {
    double seconds = 0;
    for (auto const& part : split(text, ':')) {
        auto const number = parse_number<unsigned>(part);
        if (!number) return std::nullopt;
        seconds = seconds * 60 + *number;
    }
    return seconds;
}

/// What the queue says of its limit; empty where it does not.
std::string limit_of_queue(std::string const& text) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string name, value;
        if (words >> name >> value && name == time_resource) return value;
    }
    return "";
}

/// Of the local time 2026-11-27T17:44:20, or with milliseconds.
std::optional<double> moment_in(std::string const& text) {
    std::tm time{};
    std::istringstream in{text};
    if (!(in >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S"))) return std::nullopt;
    time.tm_isdst = -1;
    return static_cast<double>(std::mktime(&time));
}

/// This job among those that run; null where it is not.
Tree const* find_job(Tree const& all, std::string const& job, std::string const& task) {
    auto const queues = all.get_child_optional("job_info.queue_info");
    if (!queues) return nullptr;
    for (auto const& [name, entry] : *queues) {
        if (name != "job_list" || entry.get("JB_job_number", "") != job) continue;
        if (auto const number = entry.get_optional<std::string>("tasks"); !number || *number == task)
            return &entry;
    }
    return nullptr;
}

std::optional<double> asked_limit(Tree const& job) {
    for (auto const& [name, value] : job) {
        if (name == "hard_request" && value.get("<xmlattr>.name", "") == time_resource)
            return seconds_in(value.data());
    }
    return std::nullopt;
}

class GridEngine : public BatchSystem {
  public:
    std::string_view name() const override { return "grid-engine"; }
    bool has_this_job() const override { return in_grid_engine(); }
    std::unique_ptr<TimeQuestion> ask_for_time() const override;
    int tasks() const override { return parse_number<int>(variable("NSLOTS")).value_or(0); }

    std::string_view submitter() const override { return "qsub"; }
    std::string script_lines(std::vector<std::string> const& options) const override;
    bool says_output(std::string const& option) const override { return option == "-o"; }
    bool says_array(std::string const& option) const override { return option == "-t"; }
    std::vector<std::string> output_options(std::string const& path, bool is_array) const override;
    std::string_view array_variable() const override { return "SGE_TASK_ID"; }
    std::string_view array_suffix() const override {
        return "$([[ ${SGE_TASK_ID-undefined} == undefined ]] || echo \"-$SGE_TASK_ID\")";
    }
    std::vector<std::string_view> launchers() const override { return {"mpirun"}; }
    std::string_view terse() const override { return "-terse"; }
};

std::unique_ptr<TimeQuestion> GridEngine::ask_for_time() const {
    // That the queue cannot be asked shows in what it does not say.
    std::vector<std::string> const words{
        "sh", "-c", "qconf -sq \"$QUEUE@$HOSTNAME\" 2>/dev/null; exec qstat -r -s r -xml"};
    auto const read = [job = variable("JOB_ID"), task = variable("SGE_TASK_ID")](std::string const& out) {
        std::chrono::duration<double> const now = std::chrono::system_clock::now().time_since_epoch();
        return grid_engines_answer(out, job, task, now.count());
    };
    return std::make_unique<ProgramQuestion>(words, "qstat", read);
}

/// What qsub makes of its lines, as tried: words are parted at blanks; # begins a comment anywhere; a quote
/// goes from its beginning to the end of the line, and all quotes in it are taken out.
std::string GridEngine::script_lines(std::vector<std::string> const& options) const {
    std::string text;
    bool must_begin = true;
    for (auto const& option : options) {
        bool const has_blank = option.empty() || option.find(' ') != std::string::npos;
        bool const is_value_after_quote = must_begin && !text.empty() && !option.starts_with('-');
        if (option.find_first_of("\"'#") != std::string::npos || is_value_after_quote) {
            throw InputError(
                fmt::format("cannot submit (no script can have the option {}, as qsub reads it). Leave "
                            "out quotes and #, and put what has blanks last?",
                            quoted_for_shell(option)));
        }
        if (std::exchange(must_begin, has_blank)) text += text.empty() ? "#$" : "\n#$";
        text += has_blank ? " '" + option + "'" : " " + option;
    }
    return text + '\n';
}

std::vector<std::string> GridEngine::output_options(std::string const& path, bool is_array) const {
    if (path.find_first_of(":$,#\"'") != std::string::npos) {
        throw InputError(
            "cannot submit (the folder " + path +
            " has a quote or one of : , $ # in its name, by which Grid Engine does not take it for "
            "a file's). Give qsub's -o, or another --run-dir?");
    }
    return {"-o", path + (is_array ? "-$TASK_ID.out" : ".out")};
}

}  // namespace

TimeAnswer grid_engines_answer(std::string const& out, std::string const& job, std::string const& task,
                               double now) {
    auto const start = out.find("<?xml");
    auto const problem = [](std::string text) { return TimeAnswer{.problem = "qstat: " + std::move(text)}; };
    if (start == std::string::npos) return problem("no XML comes from it");
    Tree all;
    try {
        std::istringstream in{out.substr(start)};
        read_xml(in, all);
    } catch (boost::property_tree::xml_parser_error const& error) {
        return problem(error.message());
    }
    Tree const* const found = find_job(all, job, task);
    if (!found) return problem("job " + job + " is not among those that run");
    auto const began = moment_in(found->get("JAT_start_time", ""));
    if (!began) return problem("it is not known when job " + job + " was started");
    auto const queues = limit_of_queue(out.substr(0, start));
    auto limit = seconds_in(queues);
    if (auto const asked = asked_limit(*found)) {
        limit = limit ? std::min(*limit, *asked) : *asked;
    } else if (!limit) {
        bool const is_none = queues.empty() || queues == "INFINITY";
        return is_none ? TimeAnswer{} : TimeAnswer{.problem = "qconf says '" + queues + "'"};
    }
    return {.seconds = std::max(0.0, *began + *limit - now), .whole = *limit};
}

BatchSystem const& grid_engine() {
    static GridEngine const system;
    return system;
}

}  // namespace rankpool::batch
