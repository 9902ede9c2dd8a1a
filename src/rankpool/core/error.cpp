// SPDX-License-Identifier: MIT
#include "rankpool/core/error.hpp"

#include <cxxabi.h>
#include <string.h>
#include <sys/wait.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <typeinfo>

namespace rankpool {
namespace {

std::string at(Origin const& origin) {
    return "task " + std::to_string(origin.input_index) + " on rank " + std::to_string(origin.rank) +
           ", host " + origin.host;
}

std::string lost_text(int wait_status, std::string const& why, Origin const& origin,
                      std::string const& back_trace) {
    std::string text = "the worker of " + at(origin) + " " + describe_wait_status(wait_status);
    if (!back_trace.empty()) text += " in " + back_trace.substr(0, back_trace.find('\n'));
    return why.empty() ? text : text + " (" + why + ")";
}

/// The name of a thrown type, without the wrapper that std::throw_with_nested puts around it.
std::string name_of(std::type_info const& type) {
    constexpr std::string_view wrapper = "std::_Nested_exception<";
    std::string name = demangle(type.name());
    if (!name.starts_with(wrapper) || !name.ends_with('>')) return name;
    name = name.substr(wrapper.size(), name.size() - wrapper.size() - 1);
    for (std::string_view const rest : {" ", " const"}) {
        if (name.ends_with(rest)) name.resize(name.size() - rest.size());
    }
    return name;
}

std::string type_of_current_exception() {
    std::type_info const* type = abi::__cxa_current_exception_type();
    return type ? name_of(*type) : "unknown";
}

/// Names the exception in flight without what is nested in it.
CaughtError describe_outermost() {
    try {
        throw;
    } catch (RemoteError const& e) {
        return {e.type_name(), e.message()};
    } catch (std::exception const& e) {
        return {name_of(typeid(e)), text_of(e)};
    } catch (std::string const& text) {
        return {"std::string", text};
    } catch (char const* text) {
        return {"char const*", text ? text : ""};
    } catch (int number) {
        return {"int", std::to_string(number)};
    } catch (...) {
        return {type_of_current_exception(), "not a std::exception, so there is no text"};
    }
}

/// Causes beyond this number are not told.
constexpr int most_causes = 32;

/// Adds what is nested in the exception in flight, and in that, and so on.
void append_causes(std::string& text, int most) {
    std::exception_ptr cause;
    try {
        throw;
    } catch (std::nested_exception const& outer) {
        cause = outer.nested_ptr();
    } catch (...) {
        return;
    }
    if (!cause || most == 0) return;
    try {
        std::rethrow_exception(cause);
    } catch (...) {
        CaughtError const inner = describe_outermost();
        text += "; caused by " + inner.type_name + ": " + inner.message;
        append_causes(text, most - 1);
    }
}

}  // namespace

RemoteError::RemoteError(std::string type_name, std::string message, Origin origin)
    : TaskError(type_name + ": " + message + " (raised by " + at(origin) + ")", origin),
      type_name_(std::move(type_name)),
      message_(std::move(message)) {}

WorkerLost::WorkerLost(int wait_status, std::string const& why, Origin origin, std::string back_trace)
    : TaskError(lost_text(wait_status, why, origin, back_trace), origin), back_trace_(std::move(back_trace)) {
    if (WIFSIGNALED(wait_status)) signal_ = WTERMSIG(wait_status);
    if (WIFEXITED(wait_status)) exit_code_ = WEXITSTATUS(wait_status);
}

std::string demangle(char const* mangled) {
    int status = 0;
    std::unique_ptr<char, decltype(&std::free)> name{abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                     &std::free};
    return status == 0 && name ? std::string{name.get()} : std::string{mangled};
}

std::string describe_wait_status(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        int const signal = WTERMSIG(wait_status);
        return "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "left with exit code " + std::to_string(WEXITSTATUS(wait_status));
}

std::string text_of(std::exception const& error) {
    char const* const text = error.what();
    return text ? text : "";
}

CaughtError describe_current_exception() {
    CaughtError error = describe_outermost();
    append_causes(error.message, most_causes);
    return error;
}

std::string text_of_current_exception() {
    try {
        throw;
    } catch (RemoteError const& e) {
        return "rankpool::RemoteError: " + text_of(e);
    } catch (...) {
        CaughtError const error = describe_current_exception();
        return error.type_name + ": " + error.message;
    }
}

}  // namespace rankpool
