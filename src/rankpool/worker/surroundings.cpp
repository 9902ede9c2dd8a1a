// SPDX-License-Identifier: MIT
#include "rankpool/worker/surroundings.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/unique_fd.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/logger.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace rankpool::worker {
namespace {

/// What travels in a frame together with a callable's bound values.
constexpr std::size_t most_bytes = 128 * 1024;

using Variables = std::map<std::string, std::string>;

struct Surroundings {
    std::string directory;  ///< empty where it is gone
    std::uint32_t umask = 0;
    Variables variables;
    std::string text{};  ///< of all variables, as they follow each other
};

/// Without a value: removed.
using ChangedVariables = std::vector<std::pair<std::string, std::optional<std::string>>>;
/// The maker's name, pid and level of logging; the directory and the umask, where they have changed, and the
/// variables that have.
using Changes = std::tuple<std::string, std::int32_t, std::int32_t, std::optional<std::string>,
                           std::optional<std::uint32_t>, ChangedVariables>;

Variables variables_now() {
    Variables all;
    for (char** next = ::environ; next && *next; ++next) {
        std::string const entry = *next;
        std::size_t const equals = entry.find('=');
        if (equals != std::string::npos) all.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return all;
}

std::string text_of_variables() {
    std::string text;
    for (char** next = ::environ; next && *next; ++next) (text += *next) += '\0';
    return text;
}

/// Asked for without changing it, as a thread of the user's may make a file meanwhile.
std::uint32_t umask_now() {
    UniqueFd const status{::open("/proc/self/status", O_RDONLY | O_CLOEXEC)};
    std::array<char, 256> start{};
    auto const count = status ? ::read(status.get(), start.data(), start.size() - 1) : 0;
    std::string_view const text{start.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
    constexpr std::string_view key = "\nUmask:";
    if (auto const at = text.find(key); at != std::string_view::npos)
        return static_cast<std::uint32_t>(std::strtoul(start.data() + at + key.size(), nullptr, 8));
    mode_t const now = ::umask(S_IRWXG | S_IRWXO);
    ::umask(now);
    return now;
}

std::string directory_now() {
    std::error_code error;
    return std::filesystem::current_path(error).string();
}

Surroundings& beginning() {
    static Surroundings the_one;
    return the_one;
}

void require_variable(std::string const& name, std::string const& value) {
    constexpr std::string_view none_of{"=\0", 2};
    bool const can_be = !name.empty() && name.find_first_of(none_of) == std::string::npos &&
                        value.find('\0') == std::string::npos;
    if (can_be) return;
    throw UsageError("cannot set an environment variable '" + printable(name) +
                     "' (a name has characters, none of them = or null; a value has no null)");
}

ChangedVariables changed_variables(Variables const& extra) {
    ChangedVariables changed;
    Variables const& before = beginning().variables;
    Variables now = variables_now();
    for (auto const& [variable, value] : extra) {
        require_variable(variable, value);
        now[variable] = value;
    }
    for (auto const& [variable, value] : now) {
        auto const old = before.find(variable);
        if (old == before.end() || old->second != value) changed.emplace_back(variable, value);
    }
    for (auto const& [variable, value] : before) {
        if (!now.contains(variable)) changed.emplace_back(variable, std::nullopt);
    }
    return changed;
}

void enter(std::string const& directory) {
    if (::chdir(directory.c_str()) == 0) return;
    throw Error("cannot enter the directory " + directory + " (" + std::generic_category().message(errno) +
                "), where this process is to be as its maker was or says. Is it there on all nodes?");
}

}  // namespace

void note_surroundings() {
    mode_t const mask = ::umask(S_IRWXG | S_IRWXO);
    ::umask(mask);
    beginning() = {directory_now(), static_cast<std::uint32_t>(mask), variables_now(), text_of_variables()};
}

std::vector<std::byte> changed_surroundings(std::string const& name, ExtraSurroundings const& extra) {
    Surroundings const& before = beginning();
    Changes changes;
    auto& [maker, pid, log_level, directory, umask, variables] = changes;
    maker = name;
    pid = ::getpid();
    log_level = static_cast<std::int32_t>(logger().level());
    if (std::string now = directory_now(); now != before.directory && !now.empty())
        directory = std::move(now);
    if (auto const now = umask_now(); now != before.umask) umask = now;
    if (!extra.directory.empty()) {
        std::error_code error;
        auto const absolute = std::filesystem::absolute(extra.directory, error);
        directory = error ? extra.directory : absolute.string();
    }
    bool const may_differ = !extra.variables.empty() || text_of_variables() != before.text;
    if (may_differ) variables = changed_variables(extra.variables);
    wire::BufferSink sink;
    wire::encode(sink, changes);
    if (sink.size() > most_bytes) {
        throw Error("cannot hand this process's environment on to another (" + std::to_string(sink.size()) +
                    " bytes of it are new, of which " + std::to_string(most_bytes) +
                    " can travel). Send large values as arguments?");
    }
    return {sink.bytes().begin(), sink.bytes().end()};
}

Maker take_surroundings(std::span<std::byte const> bytes) {
    wire::Source source{bytes};
    auto const [maker, pid, log_level, directory, umask, variables] = wire::decode<Changes>(source);
    for (auto const& [name, value] : variables) {
        if (value) {
            ::setenv(name.c_str(), value->c_str(), 1);
        } else {
            ::unsetenv(name.c_str());
        }
    }
    logger().set_level(static_cast<LogLevel>(log_level));
    if (umask) ::umask(static_cast<mode_t>(*umask));
    if (directory) enter(*directory);
    return {maker, pid};
}

}  // namespace rankpool::worker
