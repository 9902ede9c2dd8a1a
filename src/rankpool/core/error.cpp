// SPDX-License-Identifier: MIT
#include "rankpool/core/error.hpp"

#include <cxxabi.h>
#include <string.h>
#include <sys/wait.h>

#include <cstdlib>
#include <memory>
#include <typeinfo>

namespace rankpool {
namespace {

std::string demangle(char const* mangled) {
    int status = 0;
    std::unique_ptr<char, decltype(&std::free)> name{abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                     &std::free};
    return status == 0 && name ? std::string{name.get()} : std::string{mangled};
}

std::string at(Origin const& origin) {
    return "task " + std::to_string(origin.input_index) + " on rank " + std::to_string(origin.rank) +
           ", host " + origin.host;
}

std::string lost_text(int wait_status, std::string const& why, Origin const& origin) {
    std::string text = "the worker of " + at(origin) + " " + describe_wait_status(wait_status);
    return why.empty() ? text : text + " (" + why + ")";
}

std::string type_of_current_exception() {
    std::type_info const* type = abi::__cxa_current_exception_type();
    return type ? demangle(type->name()) : "unknown";
}

}  // namespace

RemoteError::RemoteError(std::string type_name, std::string message, Origin origin)
    : TaskError(type_name + ": " + message + " (raised by " + at(origin) + ")", origin),
      type_name_(std::move(type_name)),
      message_(std::move(message)) {}

WorkerLost::WorkerLost(int wait_status, std::string const& why, Origin origin)
    : TaskError(lost_text(wait_status, why, origin), origin) {
    if (WIFSIGNALED(wait_status)) signal_ = WTERMSIG(wait_status);
    if (WIFEXITED(wait_status)) exit_code_ = WEXITSTATUS(wait_status);
}

std::string describe_wait_status(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        int const signal = WTERMSIG(wait_status);
        return "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    return "left with exit code " + std::to_string(WEXITSTATUS(wait_status));
}

CaughtError describe_current_exception() {
    try {
        throw;
    } catch (RemoteError const& e) {
        return {e.type_name(), e.message()};
    } catch (std::exception const& e) {
        return {demangle(typeid(e).name()), e.what()};
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

std::string text_of_current_exception() {
    try {
        throw;
    } catch (RemoteError const& e) {
        return "rankpool::RemoteError: " + std::string{e.what()};
    } catch (...) {
        CaughtError const error = describe_current_exception();
        return error.type_name + ": " + error.message;
    }
}

}  // namespace rankpool
