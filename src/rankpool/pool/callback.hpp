// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/task/signature.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <typeinfo>

namespace rankpool {

/// What is to be called with a result: any callable with one parameter of the result's type, by value or by
/// const reference. Python's callbacks run in another thread; these run in the waiting one.
class Callback {
  public:
    Callback() = default;

    template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Callback>) Callback(F f) {
        static_assert(task::HasArguments<F>,
                      "rankpool: a callback must name its parameter's type (it is not known here). "
                      "Write [](std::vector<double> const& results) { ... }");
        using Parameter = std::decay_t<std::tuple_element_t<0, task::arguments_t<F>>>;
        call_ = [f = std::move(f)](void const* result, std::type_info const& type) mutable {
            if (type != typeid(Parameter)) {
                throw UsageError(
                    "cannot call the callback (its parameter is not of the result's type). "
                    "Take the type that get() gives?");
            }
            f(*static_cast<Parameter const*>(result));
        };
    }

    explicit operator bool() const { return static_cast<bool>(call_); }
    template <class Result>
    void operator()(Result const& result) const {
        call_(&result, typeid(Result));
    }

  private:
    std::function<void(void const*, std::type_info const&)> call_;
};

/// What is to be called with an error: a callable that takes std::exception_ptr, or `Error const&`.
class ErrorCallback {
  public:
    ErrorCallback() = default;

    template <class F>
    requires(std::is_invocable_v<F&, std::exception_ptr>) ErrorCallback(F f) : call_(std::move(f)) {}

    template <class F>
    requires(std::is_invocable_v<F&, Error const&> && !std::is_invocable_v<F&, std::exception_ptr>)
        ErrorCallback(F f) {
        call_ = [f = std::move(f)](std::exception_ptr const& error) mutable {
            try {
                std::rethrow_exception(error);
            } catch (Error const& e) {
                f(e);
            } catch (std::exception const& e) {
                f(Error{text_of(e)});
            } catch (...) {
                f(Error{"an error that is not a std::exception"});
            }
        };
    }

    explicit operator bool() const { return static_cast<bool>(call_); }
    void operator()(std::exception_ptr const& error) const { call_(error); }

  private:
    std::function<void(std::exception_ptr const&)> call_;
};

}  // namespace rankpool
