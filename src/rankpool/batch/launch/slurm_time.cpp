// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/slurm_time.hpp"

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/core/error.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;

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

std::string first_line(std::string const& text) {
    return text.substr(0, text.find('\n'));
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

bool SlurmQuestion::makes_sense() {
    return std::getenv("SLURM_JOB_ID") != nullptr;
}

SlurmQuestion::SlurmQuestion() : patience_(Deadline::after(patience)) {
    char const* const job = std::getenv("SLURM_JOB_ID");
    try {
        std::vector<std::string> const words{"squeue", "-h", "-o", "%L", "-j", job ? job : ""};
        squeue_ = std::make_unique<ChildProcess>(words);
    } catch (Error const& error) {
        problem_ = error.what();
    }
}

SlurmQuestion::~SlurmQuestion() = default;

std::optional<SlurmAnswer> SlurmQuestion::take(Deadline const& deadline) {
    if (!squeue_) return SlurmAnswer{{}, problem_};
    if (!squeue_->wait(deadline)) {
        if (!patience_.passed()) return std::nullopt;
        return SlurmAnswer{{}, "squeue does not answer"};
    }
    auto const& said = squeue_->result();
    auto const text = without_space(first_line(said.out));
    if (said.wait_status != 0) {
        auto const why = first_line(said.err);
        return SlurmAnswer{{}, why.starts_with("squeue: ") ? why : "squeue: " + why};
    }
    if (text == "UNLIMITED" || text == "NOT_SET") return SlurmAnswer{};
    auto const seconds = parse_slurm_time(text);
    return SlurmAnswer{seconds, seconds ? "" : "squeue says '" + text + "'"};
}

}  // namespace rankpool::batch
