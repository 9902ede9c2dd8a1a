// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/row_files.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/rows/csv.hpp"
#include "rankpool/core/atomic_file.hpp"
#include "rankpool/core/stream_write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace rankpool::batch {
namespace {

/// A line of CSV that does not begin like a comment.
std::string line_of(std::vector<std::string> const& fields) {
    std::string const line = csv_line(fields);
    if (!line.starts_with('#')) return line;
    auto const end = std::min(line.find(','), line.size() - 1);
    return '"' + line.substr(0, end) + '"' + line.substr(end);
}

std::vector<std::string> texts_of(std::span<Value const> values) {
    std::vector<std::string> texts;
    for (auto const& value : values) texts.push_back(plain_text(value));
    return texts;
}

}  // namespace

LineFile::LineFile(std::string name, bool goes_on)
    : name_(std::move(name)),
      file_(
          ::open(name_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (goes_on ? 0 : O_TRUNC), 0666)) {
    if (file_) return;
    throw InputError(
        fmt::format("cannot write {} ({}). Is the folder there, and may you?", name_, std::strerror(errno)));
}

void LineFile::write(std::string const& line) {
    int const problem = write_all(file_.get(), line);
    if (problem == 0) return;
    throw StoreError(
        fmt::format("cannot write {} ({}). Is there room for it?", name_, std::strerror(problem)));
}

bool LineFile::is_empty() const {
    struct stat state {};
    return ::fstat(file_.get(), &state) == 0 && state.st_size == 0;
}

JobLog::JobLog(std::string const& name, bool goes_on) : file_(name, goes_on) {
    if (file_.is_empty()) {
        file_.write("Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n");
    }
}

void JobLog::note(Attempt const& attempt) {
    CommandEnd const end = attempt.command.value_or(CommandEnd{});
    bool const is_ok = attempt.outcome == AttemptOutcome::ok;
    // Whatever ended without a code, such as for its time, has failed.
    int const code = end.exit_code.value_or(is_ok || end.signal ? 0 : -1);
    file_.write(fmt::format("{}\t{}\t{:.3f}\t{:10.3f}\t0\t{}\t{}\t{}\t{}\n", attempt.task + 1, attempt.host,
                            attempt.started, attempt.seconds, end.out_bytes, code, end.signal.value_or(0),
                            end.command));
}

FailedRows::FailedRows(std::string name, std::vector<std::string> columns)
    : name_(std::move(name)), columns_(std::move(columns)) {}

void FailedRows::note(std::int64_t task, std::vector<std::string> const& fields) {
    lines_[task] = line_of({fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(columns_.size())});
}

void FailedRows::write(Store& store) const {
    std::string text =
        fmt::format("{}rows that failed, an input again\n{}", failed_rows_mark, line_of(columns_));
    store.for_each_failure([&](std::int64_t task, std::string const& error, std::span<Value const> input) {
        std::string reason = error;
        std::ranges::replace(reason, '\n', ' ');
        std::ranges::replace(reason, '\r', ' ');
        auto const noted = lines_.find(task);
        text += "# " + reason + "\n" + (noted == lines_.end() ? line_of(texts_of(input)) : noted->second);
    });
    try {
        AtomicFile file{name_, AtomicFile::Links::followed};
        file.write(text);
        file.commit();
    } catch (FileError const& error) {
        throw StoreError(error.what());
    }
}

}  // namespace rankpool::batch
