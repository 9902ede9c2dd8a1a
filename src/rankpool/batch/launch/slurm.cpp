// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/slurm.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/launch/program_question.hpp"
#include "rankpool/batch/launch/script_words.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/core/job_environment.hpp"

#include <sched.h>

#include <charconv>
#include <climits>
#include <cstdlib>

namespace rankpool::batch {
namespace {

std::string without_space(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
    return text;
}

/// The number that the text is.
std::optional<double> number_in(std::string_view text) {
    unsigned number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// What squeue says to %L.
TimeAnswer answer_in(std::string const& out) {
    auto const text = without_space(out.substr(0, out.find('\n')));
    if (text == "UNLIMITED" || text == "NOT_SET") return {};
    auto const seconds = parse_slurm_time(text);
    return {.seconds = seconds, .problem = seconds ? "" : "squeue says '" + text + "'"};
}

/// Seconds since 1970.
std::optional<double> moment_in(char const* name) {
    char const* const text = std::getenv(name);
    auto const moment = text ? parse_number<double>(text) : std::nullopt;
    return moment && *moment > 0 ? moment : std::nullopt;
}

/// Where it is more than none, which is all, and no more than there can be.
std::optional<std::int64_t> number_told(char const* name) {
    char const* const text = std::getenv(name);
    auto const number = text ? parse_number<std::int64_t>(text) : std::nullopt;
    return number && *number > 0 && *number < std::int64_t{1} << 40 ? number : std::nullopt;
}

bool is_option(std::string const& option, std::string_view name, std::string_view letter) {
    return option.starts_with(name) || (option.starts_with(letter) && !option.starts_with("--"));
}

/// sbatch takes a backslash before anything, within quotes as well.
std::string quoted(std::string const& option) {
    if (is_plain_in_scripts(option)) return option;
    std::string text = "\"";
    for (char const c : option) {
        if (c == '"' || c == '\\' || c == '#' || c == '\'') text += '\\';
        text += c;
    }
    return text + '"';
}

class Slurm : public BatchSystem {
  public:
    std::string_view name() const override { return "slurm"; }
    bool has_this_job() const override { return std::getenv("SLURM_JOB_ID") && !in_grid_engine(); }

    std::unique_ptr<TimeQuestion> ask_for_time() const override {
        char const* const job = std::getenv("SLURM_JOB_ID");
        std::vector<std::string> const words{"squeue", "-h", "-o", "%L", "-j", job ? job : ""};
        return std::make_unique<ProgramQuestion>(words, words.front(), answer_in);
    }
    int tasks() const override;
    std::optional<double> end() const override { return moment_in("SLURM_JOB_END_TIME"); }
    std::optional<double> start() const override { return moment_in("SLURM_JOB_START_TIME"); }
    std::optional<std::int64_t> memory() const override;

    std::string_view submitter() const override { return "sbatch"; }
    std::string script_lines(std::vector<std::string> const& options) const override;
    bool says_output(std::string const& option) const override { return is_option(option, "--output", "-o"); }
    bool says_array(std::string const& option) const override { return is_option(option, "--array", "-a"); }
    std::vector<std::string> output_options(std::string const& path, bool is_array) const override;
    std::string_view array_variable() const override { return "SLURM_ARRAY_TASK_ID"; }
    std::string_view array_suffix() const override { return "${SLURM_ARRAY_TASK_ID:+-$SLURM_ARRAY_TASK_ID}"; }
    std::vector<std::string_view> launchers() const override { return {"mpirun", "srun"}; }
    std::string_view terse() const override { return "--parsable"; }
};

/// For each core, or of the node.
std::optional<std::int64_t> Slurm::memory() const {
    if (auto const whole = number_told("SLURM_MEM_PER_NODE")) return *whole << 20;
    auto const each = number_told("SLURM_MEM_PER_CPU");
    // This process may have a part of the node's only.
    auto const cores = number_told("SLURM_CPUS_ON_NODE");
    if (!each || !cores || *cores > CPU_SETSIZE * 64) return std::nullopt;
    return (*each << 20) * *cores;
}

std::string Slurm::script_lines(std::vector<std::string> const& options) const {
    std::string line = "#SBATCH";
    for (auto const& option : options) line += ' ' + quoted(option);
    return line + '\n';
}

int Slurm::tasks() const {
    for (char const* name : {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}) {
        if (auto const number = number_told(name); number && *number <= INT_MAX)
            return static_cast<int>(*number);
    }
    return 0;
}

std::vector<std::string> Slurm::output_options(std::string const& path, bool is_array) const {
    // A backslash means that nothing is filled in, and goes.
    if (path.find('\\') != std::string::npos) {
        throw InputError("cannot submit (the folder " + path +
                         " has a backslash in its name, which Slurm does not take for a file's). Give "
                         "sbatch's --output, or another --run-dir?");
    }
    std::string pattern;
    for (char const c : path) pattern += c == '%' ? std::string{"%%"} : std::string{c};
    return {"--output=" + pattern + (is_array ? "-%a.out" : ".out")};
}

}  // namespace

std::optional<double> parse_slurm_time(std::string const& text) {
    std::string_view rest{text};
    double seconds = 0;
    auto const dash = rest.find('-');
    if (dash != std::string_view::npos) {
        auto const days = number_in(rest.substr(0, dash));
        if (!days) return std::nullopt;
        seconds = *days * 24;  // hours so far
        rest.remove_prefix(dash + 1);
    }
    std::size_t parts = 0;
    for (;; ++parts) {
        auto const colon = rest.find(':');
        auto const number = number_in(rest.substr(0, colon));
        if (!number) return std::nullopt;
        seconds = parts == 0 ? seconds + *number : seconds * 60 + *number;
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    bool const is_time = dash == std::string_view::npos ? parts == 1 || parts == 2 : parts == 2;
    return is_time ? std::optional{seconds} : std::nullopt;
}

BatchSystem const& slurm() {
    static Slurm const system;
    return system;
}

}  // namespace rankpool::batch
