// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/report.hpp"

#include "rankpool/batch/report/report_charts.hpp"
#include "rankpool/batch/report/report_style.hpp"
#include "rankpool/batch/report/run_facts.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string_view>

namespace rankpool::batch {
namespace {

/// Of a worker that was lost it is not known.
std::string memory_text(std::int64_t bytes) {
    return bytes > 0 ? size_text(static_cast<double>(bytes)) : "";
}

std::string number_of(char const* thing, std::int64_t count) {
    return counted(static_cast<std::size_t>(count), thing);
}

class Page {
  public:
    explicit Page(RunFacts const& facts) : facts_(facts) {}

    std::string make() {
        add("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'unsafe-inline'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>{0}</title>\n<style>{1}</style></head><body><main>\n<h1>{0}</h1>\n",
            escaped(facts_.record.job), report_style);
        summary();
        messages();
        tasks("Failed tasks" + shown("first", facts_.failures.size(), facts_.failed + facts_.lost),
              facts_.failures, true);
        for (auto const& session : facts_.sessions) this->session(session);
        durations();
        tasks("Slowest tasks that succeeded", facts_.slowest, false);
        options();
        add("</main></body></html>\n");
        return std::move(text_);
    }

  private:
    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    }

    /// Begins a table; the names of columns of numbers have a # before them.
    void table(char const* style, std::initializer_list<std::string_view> columns) {
        add("<table class=\"{}\"><thead><tr>", style);
        for (auto const name : columns) {
            bool const has_numbers = name.starts_with('#');
            add("<th{}>{}</th>", has_numbers ? " class=\"n\"" : "", name.substr(has_numbers ? 1 : 0));
        }
        add("</tr></thead>\n");
    }

    /// Where not all are: ` (the first 20 of 28)`.
    static std::string shown(char const* which, std::size_t count, std::int64_t all) {
        bool const is_all = static_cast<std::int64_t>(count) >= all;
        return is_all ? "" : fmt::format(" (the {} {} of {})", which, count, all);
    }

    void figure(std::string const& number, char const* what, char const* style = "") {
        add("<div class=\"figure {}\"><b>{}</b>{}</div>\n", style, escaped(number), what);
    }

    void summary() {
        double busy = 0;
        double capacity = 0;
        double wall = 0;
        std::int64_t peak = 0;
        for (auto const& session : facts_.sessions) {
            auto const breakdown = session.breakdown();
            busy += breakdown.busy;
            capacity += breakdown.capacity;
            wall += session.wall;
            for (auto const& worker : session.workers) peak = std::max(peak, worker.peak_memory);
        }
        if (!facts_.sessions.empty()) {
            auto const& last = facts_.sessions.back().session;
            add("<p class=\"lead\">{}, {}</p>\n",
                last.ended > 0 ? escaped(last.end) : "not ended: at work, or it died",
                time_text(last.ended > 0 ? last.ended : last.started));
        }
        if (!facts_.lack.empty()) add("<p class=\"lead\">Not complete: {}.</p>\n", escaped(facts_.lack));
        add("<div class=\"figures\">\n");
        figure(std::to_string(facts_.ok), "ok");
        figure(std::to_string(facts_.failed), "failed", facts_.failed > 0 ? "bad" : "");
        figure(std::to_string(facts_.lost), "lost", facts_.lost > 0 ? "bad" : "");
        figure(std::to_string(facts_.inputs), "inputs read");
        figure(duration_text(wall), "wall time");
        if (capacity > 0) figure(fmt::format("{:.0f} %", 100 * std::min(1.0, busy / capacity)), "efficiency");
        figure(duration_text(busy), "of computing");
        figure(size_text(static_cast<double>(peak)), "peak memory of a worker");
        add("</div>\n");
    }

    void messages() {
        if (facts_.messages.empty()) return;
        add("<h2>Why tasks failed{}</h2>\n",
            shown("most frequent", facts_.messages.size(), facts_.different_messages));
        table("", {"#Tasks", "Error"});
        for (auto const& [count, error] : facts_.messages) {
            add("<tr><td class=\"n\">{}</td><td><div class=\"words long\">{}</div></td></tr>\n", count,
                escaped(error));
        }
        add("</table>\n");
    }

    /// Their errors are in rows of their own, for which there is room on a telephone and on paper.
    void tasks(std::string const& title, std::vector<TaskFacts> const& tasks, bool with_errors) {
        if (tasks.empty()) return;
        add("<h2>{}</h2>\n", title);
        table("tasks", {"#Task", "Input", "#Time", "#Memory", "Where", "#Attempts"});
        for (auto const& task : tasks) {
            add("<tr><td class=\"n task\">{}</td><td class=\"words\">{}</td><td class=\"n\">{}</td>"
                "<td class=\"n\">{}</td><td class=\"where\">{}, rank {}</td><td class=\"n "
                "attempts\">{}</td></tr>\n",
                task.task, escaped(task.input), duration_text(task.seconds), memory_text(task.peak_memory),
                escaped(task.host), task.rank, task.attempts);
            if (!with_errors) continue;
            add("<tr class=\"error\"><td></td><td colspan=\"5\"><div class=\"words long\">{}: {}</div></td>"
                "</tr>\n",
                escaped(task.outcome), escaped(task.error));
        }
        add("</table>\n");
    }

    void session(SessionFacts const& facts) {
        auto const& session = facts.session;
        add("<h2>Session of {}</h2>\n<p><code>{}</code></p>\n<p>{}, {} on {}; {}.</p>\n",
            time_text(session.started), escaped(session.command), number_of("rank", session.ranks),
            number_of("worker", session.workers), escaped(session.hosts),
            session.ended > 0 ? escaped(session.end) : "has not ended by itself");
        if (facts.workers.empty()) {
            add("<p>No task has ended.</p>\n");
            return;
        }
        add("<h3>Workers over time</h3>\n<div class=\"wide\">{}</div><p class=\"key\">"
            "<i class=\"busy\"></i>busy <i class=\"waiting\"></i>waiting <i class=\"failed\"></i>on a task "
            "that failed{}</p>\n",
            time_line_chart(facts),
            facts.workers.size() > 64 ? fmt::format(" (the first 64 of {} workers)", facts.workers.size())
                                      : "");
        add("<h3>Throughput</h3>\n<div class=\"wide\">{}</div>", throughput_chart(facts));
        breakdown(facts.breakdown());
        hosts(facts);
    }

    void breakdown(TimeBreakdown const& breakdown) {
        if (breakdown.capacity <= 0) return;
        add("<h3>Where the workers' time went</h3>\n");
        table("short", {"What", "#Time", "#Share"});
        auto const row = [&](char const* what, double seconds) {
            add("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{:.1f} %</td></tr>\n", what,
                duration_text(seconds), 100 * seconds / breakdown.capacity);
        };
        row("tasks", breakdown.busy);
        row("before a worker's first task (start)", breakdown.start);
        row("arguments and results (serialising)", breakdown.serialising);
        row("between tasks (handing out, waiting)", breakdown.waiting);
        row("after a worker's last task (tail, and what the job does at the end)", breakdown.tail);
        if (breakdown.unused > 0) row("workers that had no task", breakdown.unused);
        add("</table>\n");
    }

    void hosts(SessionFacts const& facts) {
        add("<h3>Machines</h3>\n<div class=\"wide\">");
        table("short", {"Host", "#Ranks", "#Workers", "#Bound", "#Tasks", "#Busy", "#Efficiency", "#Failed",
                        "#Lost", "#Peak memory"});
        for (auto const& line : facts.hosts()) {
            double const capacity = facts.wall * line.workers;
            add("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                escaped(line.host), line.ranks, line.workers, line.bound, line.tasks,
                duration_text(line.busy),
                capacity > 0 ? fmt::format("{:.0f} %", 100 * std::min(1.0, line.busy / capacity)) : "",
                line.failed, line.lost, memory_text(line.peak_memory));
        }
        add("</table></div>\n");
    }

    void durations() {
        if (facts_.durations.empty()) return;
        add("<h2>Durations</h2>\n<div class=\"wide\">{}</div><p>From {} to {}, {} on average, over {}.</p>\n",
            duration_chart(facts_), duration_text(facts_.shortest), duration_text(facts_.longest),
            duration_text(facts_.mean), number_of("attempt", facts_.attempts));
    }

    void options() {
        add("<h2>Options</h2>\n");
        table("", {"Option", "Value"});
        auto const rows = [&](Options const& options) {
            for (auto const& [name, value] : options) {
                if (value.empty()) continue;
                add("<tr><td><code>{}</code></td><td class=\"words\">{}</td></tr>\n", escaped(name),
                    escaped(value));
            }
        };
        rows(facts_.record.options);
        if (!facts_.sessions.empty()) rows(facts_.sessions.back().session.options);
        add("</table>\n<p>Job version {}", facts_.record.job_version);
        if (!facts_.sessions.empty()) add("; {}", escaped(facts_.sessions.back().session.program));
        add(".</p>\n");
    }

    RunFacts const& facts_;
    std::string text_;
};

}  // namespace

std::string report_page(std::filesystem::path const& database) {
    RunFacts const facts = read_facts(database);
    return Page{facts}.make();
}

}  // namespace rankpool::batch
