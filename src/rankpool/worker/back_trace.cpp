// SPDX-License-Identifier: MIT
#include "rankpool/worker/back_trace.hpp"

#include "rankpool/core/error.hpp"

#include <backtrace.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace rankpool::worker {
namespace {

/// A place is named by the module that it is in; that of the program itself has no name.
struct Location {
    std::string_view module;
    std::uintptr_t offset = 0;
};

std::optional<Location> parse(std::string_view line) {
    constexpr std::string_view mark = "+0x";
    std::size_t const at = line.rfind(mark);
    if (at == std::string_view::npos) return std::nullopt;
    Location place{line.substr(0, at)};
    std::string_view const digits = line.substr(at + mark.size());
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.offset, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return place;
}

/// Where a module lies in this process.
std::optional<std::uintptr_t> base_of(std::string_view module) {
    struct Search {
        std::string_view module;
        std::optional<std::uintptr_t> base;
    } search{module, std::nullopt};
    ::dl_iterate_phdr(
        [](dl_phdr_info* loaded, std::size_t, void* data) {
            auto& wanted = *static_cast<Search*>(data);
            if (wanted.module != loaded->dlpi_name) return 0;
            wanted.base = loaded->dlpi_addr;
            return 1;
        },
        &search);
    return search.base;
}

void ignore_error(void* /*data*/, char const* /*text*/, int /*error*/) {}

/// What the program's file says of itself is read once.
backtrace_state* debug_information() {
    static backtrace_state* const state = ::backtrace_create_state(nullptr, 0, ignore_error, nullptr);
    return state;
}

std::string name_of(char const* symbol) {
    std::string name = demangle(symbol);
    constexpr std::string_view clone = " [clone";
    if (std::size_t const at = name.find(clone); at != std::string::npos) name.resize(at);
    return name;
}

/// The functions at an address, the innermost of those that were inlined first.
std::vector<std::string> functions_at(std::uintptr_t address) {
    std::vector<std::string> found;
    backtrace_state* const state = debug_information();
    if (!state) return found;
    ::backtrace_pcinfo(
        state, address,
        [](void* data, std::uintptr_t, char const* file, int line, char const* function) {
            if (!function) return 0;
            std::string text = name_of(function);
            if (file) text += " at " + std::string{file} + ":" + std::to_string(line);
            static_cast<std::vector<std::string>*>(data)->push_back(std::move(text));
            return 0;
        },
        ignore_error, &found);
    if (!found.empty()) return found;
    ::backtrace_syminfo(
        state, address,
        [](void* data, std::uintptr_t, char const* symbol, std::uintptr_t, std::uintptr_t) {
            if (symbol) static_cast<std::vector<std::string>*>(data)->push_back(name_of(symbol));
        },
        ignore_error, &found);
    return found;
}

/// True of the functions by which a task is called, and of their files.
bool is_ours(std::string_view function) {
    return function.find("rankpool::task::") != std::string_view::npos ||
           function.find("rankpool::worker::") != std::string_view::npos ||
           function.find("/rankpool/task/") != std::string_view::npos;
}

/// True of what a call of abort, assert or std::terminate goes through, which says nothing.
bool is_on_the_way_to_abort(Location const& place, std::string_view function) {
    bool const is_runtime = place.module.find("/libc.") != std::string_view::npos ||
                            place.module.find("/libstdc++.") != std::string_view::npos;
    constexpr std::array<std::string_view, 5> words{"pthread_kill", "raise", "abort", "assert", "terminate"};
    return is_runtime && std::any_of(words.begin(), words.end(), [function](std::string_view word) {
               return function.find(word) != std::string_view::npos;
           });
}

bool is_invoke(std::string_view function) {
    return function.find("std::invoke<") != std::string_view::npos ||
           function.find("std::__invoke") != std::string_view::npos;
}

/// All functions at all places, up to those by which the task was called.
std::vector<std::string> functions_of(std::string_view places) {
    std::vector<std::string> all;
    bool is_first = true;
    while (!places.empty()) {
        std::string_view const line = places.substr(0, places.find('\n'));
        places.remove_prefix(std::min(places.size(), line.size() + 1));
        auto const place = parse(line);
        auto const base = place ? base_of(place->module) : std::nullopt;
        std::vector<std::string> here;
        // But for the first, they are where a call returns to, behind the call.
        if (base) here = functions_at(*base + place->offset - (is_first ? 0 : 1));
        is_first = false;
        if (here.empty()) here.push_back((line.starts_with('+') ? "program" : "") + std::string{line});
        for (std::string& function : here) {
            if (all.empty() && place && is_on_the_way_to_abort(*place, function)) continue;
            if (!all.empty() && is_ours(function)) return all;
            all.push_back(std::move(function));
        }
    }
    return all;
}

}  // namespace

std::string back_trace(std::string_view places) {
    auto functions = functions_of(places);
    while (functions.size() > 1 && is_invoke(functions.back())) functions.pop_back();
    std::string trace;
    for (std::string const& function : functions) trace += (trace.empty() ? "" : "\n") + function;
    return trace;
}

}  // namespace rankpool::worker
