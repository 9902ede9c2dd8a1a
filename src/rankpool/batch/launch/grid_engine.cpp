// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/grid_engine.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/launch/script_words.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/split.hpp"
#include "rankpool/core/job_environment.hpp"

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <sstream>

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

/// The limit of the queue, which may have others for some hosts; of these nothing is known.
std::optional<double> limit_of_queue(std::string const& text) {
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string name, value;
        if (words >> name >> value && name == time_resource) return seconds_in(value);
    }
    return std::nullopt;
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
    bool has_this_job() const override { return std::getenv("SGE_JOB_SPOOL_DIR") != nullptr; }
    std::unique_ptr<TimeQuestion> ask_for_time() const override;

    std::string_view submitter() const override { return "qsub"; }
    std::string_view directive() const override { return "#$"; }
    std::optional<std::string> quoted(std::string const& option) const override;
    bool says_output(std::string const& option) const override { return option == "-o"; }
    bool says_array(std::string const& option) const override { return option == "-t"; }
    std::vector<std::string> output_options(std::string const& path, bool is_array) const override;
    std::string_view array_variable() const override { return "SGE_TASK_ID"; }
    std::vector<std::string_view> launchers() const override { return {"mpirun"}; }
    std::string_view terse() const override { return "-terse"; }
};

std::unique_ptr<TimeQuestion> GridEngine::ask_for_time() const {
    // That the queue cannot be asked shows in what it does not say.
    std::vector<std::string> const words{"sh", "-c",
                                         "qconf -sq \"$QUEUE\" 2>/dev/null; exec qstat -r -s r -xml"};
    auto const read = [job = variable("JOB_ID"), task = variable("SGE_TASK_ID")](std::string const& out) {
        std::chrono::duration<double> const now = std::chrono::system_clock::now().time_since_epoch();
        return grid_engines_answer(out, job, task, now.count());
    };
    return std::make_unique<TimeQuestion>(words, "qstat", read);
}

/// qsub takes all as it is within quotes, which it ends by the same.
std::optional<std::string> GridEngine::quoted(std::string const& option) const {
    if (is_plain_in_scripts(option)) return option;
    for (char const quote : {'"', '\''}) {
        if (option.find(quote) == std::string::npos) return quote + option + quote;
    }
    return std::nullopt;
}

std::vector<std::string> GridEngine::output_options(std::string const& path, bool is_array) const {
    if (path.find_first_of(":$,") != std::string::npos) {
        throw InputError(
            "cannot submit (the folder " + path +
            " has a colon, a comma or a dollar in its name, by which Grid Engine does not take it for "
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
    auto limit = limit_of_queue(out.substr(0, start));
    if (auto const asked = asked_limit(*found)) limit = limit ? std::min(*limit, *asked) : *asked;
    if (!limit) return {};
    return {.seconds = std::max(0.0, *began + *limit - now), .whole = *limit};
}

BatchSystem const& grid_engine() {
    static GridEngine const system;
    return system;
}

}  // namespace rankpool::batch
