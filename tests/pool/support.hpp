// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/rankpool.hpp"

#include "tests/pool/tally.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rankpool::support {

using namespace std::chrono_literals;

inline long square(long x) {
    return x * x;
}
inline pid_t pid_here(long /*ignored*/) {
    return ::getpid();
}

/// The squares of 0 to n - 1, computed here.
inline std::vector<long> squares(long n) {
    std::vector<long> all;
    for (long x = 0; x < n; ++x) all.push_back(square(x));
    return all;
}
inline std::vector<long> numbers(long n) {
    std::vector<long> all;
    for (long x = 0; x < n; ++x) all.push_back(x);
    return all;
}

/// True as long as there is such a process, also one that nobody has waited for.
inline bool exists(pid_t pid) {
    return ::kill(pid, 0) == 0;
}

inline pid_t meet(std::string const& here, long all) {
    Tally::add(here);
    Tally::wait_for(here, all);
    return ::getpid();
}
/// The process ids of all workers of a pool: each waits for the others.
inline std::set<pid_t> pids_of(Pool& pool) {
    Tally meeting;
    auto const size = static_cast<long>(pool.size());
    std::vector<long> const everyone(pool.size(), size);
    auto const pids = pool.map(partial<meet>(meeting.name()), everyone, {.chunksize = 1});
    return {pids.begin(), pids.end()};
}

/// What `call` throws, if it is an E.
template <class E, class Call>
std::optional<E> thrown(Call call) {
    try {
        call();
    } catch (E const& error) {
        return error;
    }
    return std::nullopt;
}

/// An input range as a file or a generator is: each element is made when it is come to, and read once.
template <class Make>
class Made {
  public:
    explicit Made(Make make) : make_(std::move(make)) {}

    class Iterator {
      public:
        using value_type = std::decay_t<decltype(*std::declval<Make&>()())>;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(Make& make) : make_(&make), current_(make()) {}
        value_type const& operator*() const { return *current_; }
        Iterator& operator++() {
            current_ = (*make_)();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t) { return !i.current_; }

      private:
        Make* make_ = nullptr;
        std::optional<value_type> current_;
    };

    Iterator begin() { return Iterator{make_}; }
    std::default_sentinel_t end() const { return {}; }

  private:
    Make make_;
};

/// An input range of known size that takes no memory: `at(0)` to `at(count - 1)`, or these numbers
/// themselves.
template <class At = std::identity>
class Counted {
  public:
    explicit Counted(long count, At at = {}) : count_(count), at_(std::move(at)) {}

    class Iterator {
      public:
        using value_type = std::decay_t<std::invoke_result_t<At const&, long>>;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        Iterator(At const& at, long number) : at_(&at), number_(number) {}
        value_type operator*() const { return (*at_)(number_); }
        Iterator& operator++() {
            ++number_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& a, Iterator const& b) { return a.number_ == b.number_; }

      private:
        At const* at_ = nullptr;
        long number_ = 0;
    };

    Iterator begin() const { return Iterator{at_, 0}; }
    Iterator end() const { return Iterator{at_, count_}; }
    std::size_t size() const { return static_cast<std::size_t>(count_); }

  private:
    long count_;
    At at_;
};

/// Gives 0, 1, 2, ...; in place of `bad` it throws.
inline auto numbers_until(long bad) {
    return Made{[next = 0L, bad]() mutable -> std::optional<long> {
        if (next == bad) throw std::domain_error("no number " + std::to_string(bad));
        return next++;
    }};
}

/// A value that will not be encoded, or not be decoded.
struct Stubborn {
    enum class Mood { fine, no_save, no_load };
    Mood mood = Mood::fine;
    long number = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        if (Archive::is_saving::value && mood == Mood::no_save) throw std::domain_error("cannot be saved");
        archive& mood& number;
        if (Archive::is_loading::value && mood == Mood::no_load) throw std::domain_error("cannot be loaded");
    }
};

}  // namespace rankpool::support
