// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace jobs {

/// The whole numbers from 0 to `count` - 1, as a range that takes no memory: the inputs of tasks that are
/// told apart by number. Not std::views::iota, which clang 14 cannot compile with the standard library of
/// g++ 12.
class Numbers {
  public:
    class Iterator {
      public:
        using value_type = std::uint64_t;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(std::uint64_t number) : number_(number) {}

        std::uint64_t operator*() const { return number_; }
        Iterator& operator++() {
            ++number_;
            return *this;
        }
        Iterator operator++(int) {
            Iterator const before = *this;
            ++number_;
            return before;
        }
        friend bool operator==(Iterator const&, Iterator const&) = default;

      private:
        std::uint64_t number_ = 0;
    };

    explicit Numbers(std::uint64_t count) : count_(count) {}

    [[nodiscard]] Iterator begin() const { return Iterator{0}; }
    [[nodiscard]] Iterator end() const { return Iterator{count_}; }
    [[nodiscard]] std::uint64_t size() const { return count_; }

  private:
    std::uint64_t count_;
};

}  // namespace jobs
