// SPDX-License-Identifier: MIT
#include "rankpool/batch/cli/commands.hpp"

#include "rankpool/batch/exec/rerun.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/files/output_file.hpp"
#include "rankpool/batch/monitor/follow.hpp"
#include "rankpool/batch/monitor/status.hpp"
#include "rankpool/batch/report/explain.hpp"
#include "rankpool/batch/report/export.hpp"
#include "rankpool/batch/report/report.hpp"
#include "rankpool/batch/report/unpack.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/core/log.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

namespace rankpool::batch {
namespace {

/// Of stdout, in characters; no end where it is no terminal.
std::size_t terminal_width() {
    winsize size{};
    bool const is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : std::string::npos;
}

std::filesystem::path write_output(std::filesystem::path const& file, std::string const& text) {
    OutputFile output{file};
    output.write(text);
    output.commit();
    return file;
}

/// Where the report then is: in the run's folder, or here where that is for reading only, unless a file is
/// named.
std::filesystem::path report_run(std::string const& folder, std::string const& file) {
    RunDirectory run{folder};
    run.open();
    auto const page = report_page(run.database());
    if (!file.empty()) return write_output(file, page);
    try {
        run.write(run.report(), page, AtomicFile::Durability::synced);
    } catch (FileError const& error) {
        if (::access(folder.c_str(), W_OK) == 0) throw InputError(error.what());
        say("nothing can be written into " + folder + ", so the report is put here (or where --output says)");
        return write_output(run.path().filename().string() + ".report.html", page);
    }
    return run.report();
}

void add_run(OptionSet& options, std::string& run) {
    options.add_argument("run", run, "A run directory, such as runs/latest").required();
}

std::int64_t task_in(std::string const& text) {
    auto const task = parse_number<std::int64_t>(text);
    if (task && *task >= 0) return *task;
    throw InputError("cannot look at task " + text +
                     " (tasks have numbers, from 0). See the column task of export?");
}

class Status final : public RunCommand {
  public:
    std::string name() const override { return "status"; }
    std::string summary() const override { return "How far a run is, also while it is at work"; }
    void add_options(OptionSet& options) override {
        add_run(options, run_);
        options.add("--output-mode", mode_, "For people or for programs").one_of({"text", "json"});
        options
            .add("--follow", followed_,
                 "What the command of this task of exec writes, as it comes, until it has ended")
            .type_name("TASK");
    }
    void execute() override {
        if (!followed_.empty()) {
            if (!follow(run_, task_in(followed_))) print(explanation(run_, task_in(followed_)));
            return;
        }
        print(mode_ == "json" ? status_json(run_) : status_text(run_, terminal_width()));
    }

  private:
    std::string run_;
    std::string followed_;
    std::string mode_ = "text";
};

class Export final : public RunCommand {
  public:
    std::string name() const override { return "export"; }
    std::string summary() const override { return "A run's results as text"; }
    void add_options(OptionSet& options) override {
        add_run(options, run_);
        options.add("--format", settings_.format, "jsonl: a JSON object on each line")
            .one_of({"csv", "jsonl"});
        options.add_flag("--csv-safe", settings_.csv_safe,
                         "Puts ' before texts that a spreadsheet would run (= + - @)");
        options.add("--output", settings_.output, "Where to; stdout if not given").type_name("FILE");
        options.add_flag("--failed", settings_.failed,
                         "The inputs that have failed instead, with their errors");
        options
            .add("--unpack", folder_,
                 "What the commands of exec have written instead: <task>.out and <task>.err in this folder")
            .type_name("FOLDER");
    }
    void execute() override {
        if (!folder_.empty()) return unpack_outputs(run_, folder_);
        settings_.run = run_;
        export_run(settings_);
    }

  private:
    std::string run_;
    std::string folder_;
    ExportSettings settings_;
};

class Report final : public RunCommand {
  public:
    std::string name() const override { return "report"; }
    std::string summary() const override { return "Writes a run's report.html again"; }
    void add_options(OptionSet& options) override {
        add_run(options, run_);
        options
            .add("--output", file_,
                 "Where to; into the run's folder if not given, or here where that cannot be written")
            .type_name("FILE.html");
    }
    void execute() override { print(report_run(run_, file_).string() + "\n"); }

  private:
    std::string run_;
    std::string file_;
};

class Explain final : public RunCommand {
  public:
    std::string name() const override { return "explain"; }
    std::string summary() const override { return "What became of one task, attempt by attempt"; }
    void add_options(OptionSet& options) override {
        add_run(options, run_);
        options.add_argument("task", task_, "Its number, from 0").required();
    }
    void execute() override { print(explanation(run_, task_in(task_))); }

  private:
    std::string run_;
    std::string task_;
};

class Rerun final : public RunCommand {
  public:
    std::string name() const override { return "rerun"; }
    std::string summary() const override {
        return "Runs the command of one task of exec again, here: same words, environment and folder";
    }
    void add_options(OptionSet& options) override {
        add_run(options, run_);
        options.add_argument("task", task_, "Its number, from 0").required();
        options.add("--debug", debugger_, "Under gdb; with shell, a shell where the command would run")
            .value_if_none("gdb")
            .one_of({"gdb", "shell"});
    }
    void execute() override { rerun({run_, task_in(task_), debugger_}); }

  private:
    std::string run_;
    std::string task_;
    std::string debugger_;
};

}  // namespace

std::vector<std::unique_ptr<RunCommand>> run_commands() {
    std::vector<std::unique_ptr<RunCommand>> commands;
    commands.push_back(std::make_unique<Status>());
    commands.push_back(std::make_unique<Export>());
    commands.push_back(std::make_unique<Report>());
    commands.push_back(std::make_unique<Explain>());
    commands.push_back(std::make_unique<Rerun>());
    return commands;
}

}  // namespace rankpool::batch
