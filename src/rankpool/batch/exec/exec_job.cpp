// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/exec_job.hpp"

#include "rankpool/batch/columns/fields.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/exec/command_runner.hpp"
#include "rankpool/batch/exec/exec_observer.hpp"
#include "rankpool/batch/exec/node_supplies.hpp"
#include "rankpool/batch/exec/row_server.hpp"
#include "rankpool/batch/exec/rows.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/recorded_job.hpp"
#include "rankpool/batch/store/odd_numbers.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

namespace rankpool::batch {
namespace {

std::string check_codes(std::string const& text) {
    return SuccessCodes::parse(text) ? "" : text + " is no list of exit codes, such as 0,3";
}

std::string check_steps(std::string const& text) {
    return parse_end_steps(text)
               ? ""
               : text + " is no sequence of signals and times, such as TERM,10s,INT,5s,KILL";
}

/// Of licence=4 the number. Nothing where the text is no such limit.
std::optional<long> limit_in(std::string const& text) {
    auto const place = text.find('=');
    if (place == std::string::npos || place == 0) return std::nullopt;
    auto const count = parse_number<long>(text.substr(place + 1));
    return count && *count > 0 ? count : std::nullopt;
}

std::string check_limit(std::string const& text) {
    return limit_in(text) ? "" : text + " is no limit, such as licence=4";
}

/// By their names, so that all commands take them in one order; of two with one name the last counts.
std::map<std::string, long> named_limits(std::vector<std::string> const& texts) {
    std::map<std::string, long> limits;
    for (auto const& text : texts) limits[text.substr(0, text.find('='))] = limit_in(text).value_or(1);
    return limits;
}

unsigned most_workers_of_a_node(Context const& context) {
    std::map<std::string, int> ranks;
    int most = 1;
    for (auto const& host : worker::this_worker().mailbox.hosts()) most = std::max(most, ++ranks[host]);
    int const of_a_rank = (context.workers() + context.size() - 1) / context.size();
    return static_cast<unsigned>(most * of_a_rank);
}

class Exec {
  public:
    static constexpr char const* name = "exec";
    static constexpr char const* summary =
        "Runs a command for each row of a table or a list: exec --input rows.csv -- ./simulate --alpha "
        "{alpha}, or exec -- gzip {} ::: *.txt";
    static constexpr char const* things = "rows";

    void add_options(OptionSet& options) {
        rows_.declare(options);
        command_.declare(options);
        outputs_.declare(options);
        options.add("--success-codes", success_codes_, "Exit codes that are no failures")
            .check(check_codes)
            .type_name("N,...")
            .group(command_group);
        options
            .add("--term-seq", end_steps_,
                 "How a command is ended that has taken too long: TERM,10s,INT,5s,KILL; to all that it has "
                 "started. If not given, TERM,5s,KILL. If given, those that run are ended so, too, when the "
                 "run "
                 "is told to stop (SIGUSR1) or its time ends")
            .check(check_steps)
            .type_name("SIGNAL,TIME,...")
            .group(run_group);
        options
            .add("--limit-to", limits_,
                 "No more than N commands at a time in the whole run; several for several things")
            .one_by_one()
            .check(check_limit)
            .type_name("NAME=N")
            .group(resource_group);
        options.when_read([this] { check_options(); });
    }

    void prepare(Context& context) {
        runner_.workers_on_node = most_workers_of_a_node(context);
        if (has_needs()) nodes_ = supplies_of_nodes(context);
        runner_.orders.open();
        for (auto const& [what, count] : named_limits(limits_))
            runner_.limits.push_back(context.semaphore(count));
    }

    Rows inputs() {
        outputs_.check();
        RowSource source{rows_};
        command_.output_dir = outputs_.folder;
        value_columns_ = source.values();
        plan_ = {command_, {source.columns(), source.values()}, !rows_.commands.empty()};
        tag_columns_ = source.values().empty() ? std::vector<std::size_t>{0} : source.values();
        runner_.keeps = outputs_.keep == "all"      ? KeptOf::all
                        : outputs_.keep == "failed" ? KeptOf::failed
                                                    : KeptOf::none;
        // What fails alone is known at the end; answers are lines anyway.
        outputs_.by_line &= outputs_.keep == "all" && !command_.is_persistent;
        runner_.shows_lines = outputs_.by_line;
        if (runner_.shows_lines && outputs_.tag) live_tag_columns_ = tag_columns_;
        runner_.success = SuccessCodes::parse(success_codes_).value_or(SuccessCodes{});
        runner_.end_steps = parse_end_steps(end_steps_).value_or(default_end_steps());
        auto const survey = survey_rows(source, plan_, nodes_);
        rounds_ = survey.rounds;
        for (std::size_t i = 0; i < survey.types.size(); ++i) {
            columns_.push_back({source.columns()[i], survey.types[i]});
        }
        return {std::move(source), survey.count, plan_.needs_number(), plan_.is_persistent()};
    }

    [[nodiscard]] std::vector<Column> input_columns() const { return columns_; }
    [[nodiscard]] std::vector<FieldName> field_names() const {
        std::vector<FieldName> names;
        for (auto const& column : plan_.columns()) names.push_back({column});
        for (auto const place : value_columns_) names.at(place).is_value = true;
        return names;
    }
    void append_input(Row const& row, std::vector<Value>& values) const {
        auto const end = row.fields.begin() + static_cast<std::ptrdiff_t>(columns_.size());
        values.insert(values.end(), row.fields.begin(), end);
    }

    CommandDone work(Row const& row, TaskPlace& place) const {
        auto command = planned(row, place);
        command.odd_numbers = odd_numbers_in(row.fields);
        if (!live_tag_columns_.empty()) command.tag = tag_of_row(row, live_tag_columns_);
        if (plan_.is_persistent()) return runner_.ask(std::move(command), request(row, place), place);
        return runner_.run(std::move(command), place);
    }

    /// The limit of --memory-limit is the command's, not the worker's, which may have its output in memory.
    void watch_memory(std::uint64_t limit) { runner_.memory_limit = limit; }
    void enter(std::string run_dir) { runner_.run_dir = std::move(run_dir); }

    /// So many seconds before their end commands are told of it.
    [[nodiscard]] double notice() const {
        if (end_steps_.empty() || plan_.is_persistent()) return 0;
        constexpr double to_hear_of_it = 2;
        return total_seconds(runner_.end_steps) + to_hear_of_it;
    }
    /// `by_median`: the limit of time changes while commands run.
    void expect_orders(bool by_median) { runner_.asks_for_orders = by_median || !end_steps_.empty(); }
    void direct(RecordedRun const& run) {
        runner_.orders.tell({run.terms().time_limit(), run.tells_tasks_to_end(), run.is_over()});
        tell_of_memory(run.terms().largest_memory());
    }

    /// For --dry-run.
    void show(Row const& row, TaskPlace const& place) const {
        print((plan_.is_persistent() ? request(row, place) : planned(row, place).text()) + "\n");
    }

    [[nodiscard]] double rounds() const { return rounds_; }

    /// Of an answer that is not kept, its fields are.
    void append_result(CommandDone const& done, std::vector<Value>& values) const {
        auto const out = values.size();
        append_values(done, values);
        if (outputs_.keep != "all") values[out] = std::string{};
    }

    /// The fields of a persistent command's answer, each a column.
    [[nodiscard]] NamedValues more_values(CommandDone const& done) const {
        return plan_.is_persistent() ? values_in_answer(done.out) : NamedValues{};
    }

    [[nodiscard]] std::unique_ptr<TaskObserver<Row, CommandDone>> observer(Store& store, bool goes_on) const {
        return std::make_unique<ExecObserver>(outputs_, plan_.columns(), tag_columns_, plan_.output_folder(),
                                              store, goes_on, runner_.run_dir);
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& plan_& runner_& live_tag_columns_;
    }

  private:
    /// A command may ask for a part of its node.
    [[nodiscard]] bool has_needs() const {
        return !command_.cpus.empty() || !command_.memory.empty() || !command_.gpus.empty() ||
               !command_.ranks.empty() || !rows_.commands.empty();
    }

    /// Once, where what was learned lets fewer run than there are workers.
    void tell_of_memory(std::uint64_t largest) {
        if (largest <= told_memory_ || !command_.memory.empty() || plan_.is_persistent()) return;
        told_memory_ = largest;
        auto const need = memory_need(0, {.peak = largest}, nodes_.front().memory, runner_.workers_on_node);
        if (need == 0 || std::exchange(has_told_memory_, true)) return;
        say(fmt::format(
            "no more than {} of these commands run at once on a node with as much memory as this one "
            "(the largest had {}); --memory says otherwise",
            nodes_.front().memory / need, size_text(static_cast<double>(largest))));
    }

    void check_options() const {
        if (rows_.is_empty()) throw OptionError{"--input"};
        if (command_.words.empty() && rows_.commands.empty()) throw OptionError{"command"};
    }

    [[nodiscard]] std::string request(Row const& row, TaskPlace const& place) const {
        auto const& columns = plan_.columns();
        return request_for(columns, row.fields, row.fields.size() > columns.size() ? row.fields.back() : "",
                           place);
    }

    [[nodiscard]] PlannedCommand planned(Row const& row, TaskPlace const& place) const {
        return plan_.command_for({row.fields, place.task + 1, place.slot});
    }

    RowOptions rows_;
    CommandOptions command_;
    std::vector<Column> columns_;
    std::vector<std::size_t> value_columns_;
    CommandPlan plan_;
    CommandRunner runner_;
    OutputOptions outputs_;
    std::string success_codes_;
    std::string end_steps_;
    std::vector<std::string> limits_;
    double rounds_ = 0;
    /// What the nodes have, that of rank 0 first; it alone, where no command asks for a part.
    std::vector<NodeSupply> nodes_{NodeSupply::here()};
    std::uint64_t told_memory_ = 0;
    bool has_told_memory_ = false;
    std::vector<std::size_t> tag_columns_;
    std::vector<std::size_t> live_tag_columns_;  ///< the same for workers that show lines
};

}  // namespace

std::unique_ptr<Job> make_exec_job() {
    return std::make_unique<RecordedJob<Exec>>();
}

}  // namespace rankpool::batch
