// SPDX-License-Identifier: MIT
#include "rankpool/run/recovery.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace rankpool {
namespace {

std::string_view setting(char const* name) {
    char const* const text = std::getenv(name);
    return text ? text : "";
}

bool is_on(std::string_view text) {
    return text == "1" || text == "true" || text == "yes";
}

std::chrono::nanoseconds heartbeat_timeout() {
    constexpr double fallback = 20;
    constexpr double longest = 24 * 3600;
    std::string_view const text = setting("RANKPOOL_HEARTBEAT_TIMEOUT");
    double seconds = fallback;
    if (!text.empty()) {
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
        bool const is_number = error == std::errc{} && end == text.data() + text.size();
        if (!is_number || !(seconds >= 1 && seconds <= longest)) {
            throw UsageError("cannot use RANKPOOL_HEARTBEAT_TIMEOUT=" + std::string{text} +
                             " (it must be a number of seconds from 1 to 86400)");
        }
    }
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>{seconds});
}

}  // namespace

std::optional<std::chrono::nanoseconds> recovery_patience() {
    std::string_view const choice = setting("RANKPOOL_RECOVERY");
    if (!choice.empty() && choice != "0" && choice != "1") {
        throw UsageError("cannot use RANKPOOL_RECOVERY=" + std::string{choice} + " (it must be 0 or 1)");
    }
    bool const launcher_lets_it = is_on(setting("OMPI_MCA_orte_enable_recovery"));
    if (choice.empty() ? !launcher_lets_it : choice == "0") return std::nullopt;
    return heartbeat_timeout();
}

void keep_exit_code(int exit_code) {
    std::string const path{setting("RANKPOOL_EXIT_CODE_FILE")};
    if (path.empty()) return;
    std::string const fresh = path + ".new";
    std::ofstream file{fresh};
    file << exit_code << std::endl;
    if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
        say("cannot write the exit code to " + path + " (does its folder exist?)");
    }
}

}  // namespace rankpool
