// SPDX-License-Identifier: MIT
#include "rankpool/run/settings.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/job_environment.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace rankpool {
namespace {

constexpr unsigned most_workers = 9999;

std::string setting(char const* name) {
    return job_variable(name).value_or("");
}

/// A number that is all of the text.
template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

[[noreturn]] void refuse(std::string const& name, std::string const& value, std::string const& why) {
    throw UsageError("cannot use " + name + "=" + value + " (" + why + ")");
}

std::optional<unsigned> workers_per_rank() {
    std::string const name = "RANKPOOL_WORKERS_PER_RANK";
    auto const text = job_variable(name);
    if (!text) return 1;
    if (*text == "auto") return std::nullopt;
    auto const number = number_in<unsigned>(*text);
    if (!number || *number > most_workers) {
        refuse(name, *text, "it must be a number from 0 to 9999, or auto");
    }
    auto const ranks = number_in<std::uint64_t>(setting("OMPI_COMM_WORLD_SIZE")).value_or(1);
    if (ranks > std::numeric_limits<int>::max() / std::max(1U, *number)) {
        refuse(name, *text, "with " + std::to_string(ranks) + " ranks that is too many workers");
    }
    return number;
}

bool is_on(std::string_view text) {
    return text == "1" || text == "true" || text == "yes";
}

std::chrono::nanoseconds heartbeat_timeout() {
    constexpr double fallback = 20;
    constexpr double longest = 24 * 3600;
    std::string const name = "RANKPOOL_HEARTBEAT_TIMEOUT";
    std::string const text = setting(name.c_str());
    double const seconds = text.empty() ? fallback : number_in<double>(text).value_or(0);
    if (!(seconds >= 1 && seconds <= longest)) {
        refuse(name, text, "it must be a number of seconds from 1 to 86400");
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{seconds});
}

std::optional<std::chrono::nanoseconds> patience_with_others() {
    auto const timeout = heartbeat_timeout();
    std::string const name = "RANKPOOL_RECOVERY";
    std::string const choice = setting(name.c_str());
    if (!choice.empty() && choice != "0" && choice != "1") refuse(name, choice, "it must be 0 or 1");
    bool const launcher_lets_it = is_on(setting("OMPI_MCA_orte_enable_recovery"));
    if (choice.empty() ? !launcher_lets_it : choice == "0") return std::nullopt;
    return timeout;
}

bool wake_datagrams() {
    std::string const name = "RANKPOOL_WAKE_DATAGRAMS";
    std::string const choice = setting(name.c_str());
    if (!choice.empty() && choice != "0" && choice != "1") refuse(name, choice, "it must be 0 or 1");
    return choice != "0";
}

}  // namespace

Settings take_settings() {
    for (char const* name : {"RANKPOOL_EXIT_CODE_FILE", "RANKPOOL_HEARTBEAT_TIMEOUT", "RANKPOOL_RECOVERY",
                             "RANKPOOL_WAKE_DATAGRAMS", "RANKPOOL_WORKERS_PER_RANK"}) {
        take_variable(name);
    }
    return {.workers = workers_per_rank(),
            .patience = patience_with_others(),
            .wake_datagrams = wake_datagrams()};
}

}  // namespace rankpool
