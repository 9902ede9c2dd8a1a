// SPDX-License-Identifier: MIT
#include "rankpool/batch/commands.hpp"

#include "rankpool/batch/export.hpp"
#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/batch/report.hpp"
#include "rankpool/batch/run_directory.hpp"
#include "rankpool/batch/status.hpp"
#include "rankpool/core/log.hpp"

#include <CLI/CLI.hpp>
#include <signal.h>
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

}  // namespace

struct RunCommands::Settings {
    CLI::App* status = nullptr;
    CLI::App* export_ = nullptr;
    CLI::App* report = nullptr;
    std::string run;
    std::string output_mode = "text";
    std::string report_file;
    ExportSettings exported;
};

RunCommands::RunCommands(CLI::App& app) : settings_(std::make_unique<Settings>()) {
    Settings& to = *settings_;
    auto const add = [&](char const* name, char const* summary) {
        auto* const command = app.add_subcommand(name, summary);
        command->add_option("run", to.run, "A run directory, such as runs/latest")->required();
        return command;
    };
    to.status = add("status", "How far a run is, also while it is at work");
    to.status->add_option("--output-mode", to.output_mode, "For people or for programs")
        ->check(CLI::IsMember({"text", "json"}).description(""))
        ->type_name("text|json")
        ->capture_default_str();
    to.export_ = add("export", "A run's results as text");
    to.export_->add_option("--format", to.exported.format, "jsonl: a JSON object on each line")
        ->check(CLI::IsMember({"csv", "jsonl"}).description(""))
        ->type_name("csv|jsonl")
        ->capture_default_str();
    to.export_->add_flag("--csv-safe", to.exported.csv_safe,
                         "Puts ' before texts that a spreadsheet would run (= + - @)");
    to.export_->add_option("--output", to.exported.output, "Where to; stdout if not given")
        ->type_name("FILE");
    to.export_->add_flag("--failed", to.exported.failed,
                         "The inputs that have failed instead, with their errors");
    to.report = add("report", "Writes a run's report.html again");
    to.report
        ->add_option("--output", to.report_file,
                     "Where to; into the run's folder if not given, or here where that cannot be written")
        ->type_name("FILE.html");
}

RunCommands::~RunCommands() = default;

std::optional<ExitCode> RunCommands::execute() {
    Settings& to = *settings_;
    // What is larger than a file may become is told as other errors of the disk are.
    ::signal(SIGXFSZ, SIG_IGN);
    if (to.status->parsed()) {
        print(to.output_mode == "json" ? status_json(to.run) : status_text(to.run, terminal_width()));
    } else if (to.export_->parsed()) {
        to.exported.run = to.run;
        export_run(to.exported);
    } else if (to.report->parsed()) {
        print(report_run(to.run, to.report_file).string() + "\n");
    } else {
        return std::nullopt;
    }
    return ExitCode::success;
}

}  // namespace rankpool::batch
