// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/program_question.hpp"

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/core/error.hpp"

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

TimeAnswer no_answer(std::string problem) {
    return {.problem = std::move(problem)};
}

}  // namespace

ProgramQuestion::ProgramQuestion(std::vector<std::string> const& words, std::string program, Reader read)
    : program_{std::move(program)}, read_{std::move(read)}, patience_(Deadline::after(patience)) {
    try {
        child_ = std::make_unique<ChildProcess>(words);
    } catch (Error const& error) {
        problem_ = error.what();
    }
}

ProgramQuestion::~ProgramQuestion() = default;

std::optional<TimeAnswer> ProgramQuestion::take(Deadline const& deadline) {
    if (!child_) return no_answer(problem_);
    if (!child_->wait(deadline)) {
        if (!patience_.passed()) return std::nullopt;
        return no_answer(program_ + " does not answer");
    }
    auto const& said = child_->result();
    if (said.wait_status == 0) return read_(said.out);
    auto const why = said.err.substr(0, said.err.find('\n'));
    return no_answer(why.starts_with(program_ + ": ") ? why : program_ + ": " + why);
}

}  // namespace rankpool::batch
