// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rankpool::pool {

template <class First>
using Answer = decltype(std::as_const(std::declval<First&>().answer()));

/// The one input of a call that follows another: that one's answer, unless it has none, and what is bound. To
/// be read when the first call is done.
template <class First, bool is_without_answer, class... Bound>
class LateInput {
  public:
    using Element = std::conditional_t<is_without_answer, std::tuple<Bound const&...>,
                                       std::tuple<Answer<First>, Bound const&...>>;

    template <class... Given>
    explicit LateInput(std::shared_ptr<First> first, Given&&... bound)
        : first_(std::move(first)), bound_(std::forward<Given>(bound)...) {}

    class Iterator {
      public:
        using value_type = Element;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(LateInput const& inputs) : inputs_(&inputs) {}
        Element operator*() const { return inputs_->element(); }
        Iterator& operator++() {
            inputs_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t /*end*/) { return !i.inputs_; }

      private:
        LateInput const* inputs_ = nullptr;
    };

    Iterator begin() const { return Iterator{*this}; }
    std::default_sentinel_t end() const { return {}; }
    [[nodiscard]] std::size_t size() const { return 1; }

  private:
    [[nodiscard]] Element element() const {
        return std::apply(
            [this](auto const&... bound) {
                if constexpr (is_without_answer) {
                    return Element(bound...);
                } else {
                    return Element(first_->answer(), bound...);
                }
            },
            bound_);
    }

    std::shared_ptr<First> first_;
    std::tuple<Bound...> bound_;
};

}  // namespace rankpool::pool
