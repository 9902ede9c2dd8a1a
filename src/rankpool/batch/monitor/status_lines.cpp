// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/status_lines.hpp"

#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

std::string pace(Json const& json) {
    std::string text = fmt::format("{} tasks/s, {} each", amount_text(number_in(json, "rate"), ""),
                                   duration_text(number_in(json, "mean_seconds")));
    if (json.contains("seconds_left")) {
        text += fmt::format("; {} +- {} left", duration_text(number_in(json, "seconds_left")),
                            duration_text(number_in(json, "seconds_left_spread")));
    }
    return text;
}

/// A title and a line for each item of a list, up to `most` of them.
template <class Line>
std::string list_of(Json const& json, char const* name, char const* title, std::size_t most, Line line) {
    Json const& list = list_in(json, name);
    if (list.empty()) return {};
    std::string text = std::string{title} + "\n";
    for (auto const& item : list) {
        if (most-- == 0) return text + "  and others\n";
        std::string words = line(item);
        std::ranges::replace(words, '\n', ' ');
        text += "  " + printable(words) + "\n";
    }
    return text;
}

std::string failure_line(Json const& item) {
    return fmt::format("{:>6} x  {}", whole_in(item, "count"), text_in(item, "error"));
}
std::string slow_line(Json const& item) {
    return fmt::format("task {:<8} {}", whole_in(item, "task"), duration_text(number_in(item, "seconds")));
}
std::string worker_line(Json const& item, double written) {
    std::string const state = text_in(item, "doing");
    std::string const task = fmt::format("task {}", whole_in(item, "task"));
    std::string const doing = state == "waiting" ? state : state == "sending" ? "result of " + task : task;
    std::string text = fmt::format("rank {:<4} {:<16} pid {:<8} {:<13}", whole_in(item, "rank"),
                                   text_in(item, "host"), whole_in(item, "pid"), doing);
    if (item.contains("since")) {
        text += fmt::format(" for {:>9}", duration_text(std::max(0.0, written - number_in(item, "since"))));
    }
    auto const input = text_in(item, "input");
    return input.empty() ? text : text + "  " + input;
}

std::string held_line(Json const& item) {
    auto const waits = item.find("waits");
    bool const is_waiting = waits != item.end() && waits->is_boolean() && waits->get<bool>();
    auto const amount = whole_in(item, "amount");
    std::string text = fmt::format("{:<24} {}{} by {} on rank {}", text_in(item, "object"),
                                   is_waiting ? "is waited for" : "is held",
                                   !is_waiting && amount > 1 ? fmt::format(" {} times", amount) : "",
                                   text_in(item, "process"), whole_in(item, "rank"));
    if (item.contains("seconds")) text += " for " + duration_text(number_in(item, "seconds"));
    return text;
}

std::string workers(Json const& json) {
    auto const written = number_in(json, "written");
    std::string text = list_of(json, "workers", "workers", std::string::npos,
                               [&](Json const& item) { return worker_line(item, written); });
    if (text.empty()) return text;
    double const left_out = number_in(json, "workers_left_out");
    auto const told = static_cast<double>(list_in(json, "workers").size());
    double const silent = number_in(json, "pool_workers") - told - left_out;
    if (left_out > 0) text += fmt::format("  and {:.0f} more\n", left_out);
    if (silent > 0) text += fmt::format("  and {:.0f} not heard of\n", silent);
    return text;
}

/// Since when, and how old that is: it is written once a second.
std::string session_line(Json const& json, bool lives) {
    auto const workers = whole_in(json, "pool_workers");
    if (workers <= 0 || !json.contains("seconds")) return {};
    std::string text = fmt::format("on {}, for {}", counted(static_cast<std::size_t>(workers), "worker"),
                                   duration_text(number_in(json, "seconds")));
    constexpr double new_enough = 0.2;
    double const age = now_seconds() - number_in(json, "written");
    if (lives && age > new_enough) text += fmt::format(", as of {} ago", duration_text(age));
    return text + "\n";
}

/// What fits into lines of so many characters.
std::string cut_to(std::string const& text, std::size_t width) {
    std::string result;
    std::size_t column = 0;
    for (char const letter : text) {
        bool const continues = (static_cast<unsigned char>(letter) & 0xc0U) == 0x80U;
        if (!continues) column = letter == '\n' ? 0 : column + 1;
        if (column <= width) result += letter;
    }
    return result;
}

}  // namespace

std::string status_lines(Json const& json, std::size_t width) {
    std::string const state = text_in(json, "state");
    if (state == "submitted" || state == "begun") {
        return fmt::format(
            "submitted, and {}\nscript  {}\noutput  {}\n",
            state == "begun" ? "begun, but nothing is stored yet; its output may tell why" : "not begun yet",
            printable(text_in(json, "script")), printable(text_in(json, "output")));
    }
    bool const lives = state == "running" || state == "stopping";
    std::string text = fmt::format("{}  {}{}\n", printable(text_in(json, "job")), printable(state),
                                   state == "died" ? " (nothing stored is lost; add --resume to go on)" : "");
    text += fmt::format("{:.0f} ok, {:.0f} failed, {:.0f} lost", number_in(json, "ok"),
                        number_in(json, "failed"), number_in(json, "lost"));
    if (auto const total = json.find("total"); total != json.end() && total->is_number()) {
        double const left = number_in(json, "total") - number_in(json, "ok") - number_in(json, "failed") -
                            number_in(json, "lost");
        text += fmt::format(" of {:.0f}; {:.0f} left", number_in(json, "total"), left);
    }
    if (lives) text += fmt::format(", {:.0f} handed out", number_in(json, "in_flight"));
    text += "\n";
    if (lives && number_in(json, "rate") > 0) text += pace(json) + "\n";
    if (auto const lack = text_in(json, "lack"); !lack.empty()) text += printable(lack) + "\n";
    text += session_line(json, lives);
    text += workers(json);
    text += list_of(json, "held", "held and waited for", 20, held_line);
    text += list_of(json, "failures", "failures by message", 10, failure_line);
    text += list_of(json, "slowest", "slowest tasks", 10, slow_line);
    return cut_to(text, width);
}

}  // namespace rankpool::batch
