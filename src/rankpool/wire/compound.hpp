// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/wire/fast.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

// These are no serialize() functions in namespace boost::serialization, because there they would clash with
// those of the user and of newer Boost releases.
namespace rankpool::wire {

template <class... T>
struct Compound<std::tuple<T...>> {
    using Components = Parts<T...>;

    static void save(auto& out, std::tuple<T...> const& value) {
        std::apply([&](auto const&... part) { (void(out << part), ...); }, value);
    }
    static void load(auto& in, std::tuple<T...>& value) {
        std::apply([&](auto&... part) { (void(in >> part), ...); }, value);
    }
};

template <class A, class B>
struct Compound<std::pair<A, B>> {
    using Components = Parts<A, B>;

    static void save(auto& out, std::pair<A, B> const& value) { out << value.first << value.second; }
    static void load(auto& in, std::pair<A, B>& value) {
        // The key of a map's item is const although the item is being built.
        in >> const_cast<std::remove_const_t<A>&>(value.first) >> value.second;
    }
};

template <class T>
struct Compound<std::optional<T>> {
    using Components = Parts<T>;

    static void save(auto& out, std::optional<T> const& value) {
        out << value.has_value();
        if (value) out << *value;
    }
    static void load(auto& in, std::optional<T>& value) {
        bool present = false;
        in >> present;
        value.reset();
        if (present) in >> value.emplace();
    }
};

template <>
struct Compound<std::monostate> {
    using Components = Parts<>;

    static void save(auto& /*out*/, std::monostate) {}
    static void load(auto& /*in*/, std::monostate&) {}
};

template <class... T>
struct Compound<std::variant<T...>> {
    using Components = Parts<T...>;
    using Variant = std::variant<T...>;

    static void save(auto& out, Variant const& value) {
        out << static_cast<std::uint32_t>(value.index());
        if (value.valueless_by_exception()) throw std::bad_variant_access{};
        std::visit([&](auto const& alternative) { out << alternative; }, value);
    }

    template <class In>
    static void load(In& in, Variant& value) {
        std::uint32_t index = 0;
        in >> index;
        if (index >= sizeof...(T)) {
            throw SerializationError("cannot rebuild a variant (it has no alternative " +
                                     std::to_string(index) + "). Do save and load match?");
        }
        load_alternative(in, value, index, std::index_sequence_for<T...>{});
    }

  private:
    template <class In, std::size_t... I>
    static void load_alternative(In& in, Variant& value, std::size_t index, std::index_sequence<I...>) {
        ((I == index ? void(in >> value.template emplace<I>()) : void()), ...);
    }
};

template <class Rep, class Period>
struct Compound<std::chrono::duration<Rep, Period>> {
    using Components = Parts<Rep>;

    static void save(auto& out, std::chrono::duration<Rep, Period> value) { out << value.count(); }
    static void load(auto& in, std::chrono::duration<Rep, Period>& value) {
        Rep count{};
        in >> count;
        value = std::chrono::duration<Rep, Period>{count};
    }
};

template <class Clock, class Duration>
struct Compound<std::chrono::time_point<Clock, Duration>> {
    using Components = Parts<Duration>;

    static void save(auto& out, std::chrono::time_point<Clock, Duration> value) {
        out << value.time_since_epoch();
    }
    static void load(auto& in, std::chrono::time_point<Clock, Duration>& value) {
        Duration since_epoch{};
        in >> since_epoch;
        value = std::chrono::time_point<Clock, Duration>{since_epoch};
    }
};

template <>
struct Compound<std::filesystem::path> {
    using Components = Parts<std::string>;

    static void save(auto& out, std::filesystem::path const& value) { out << value.native(); }
    static void load(auto& in, std::filesystem::path& value) {
        std::string text;
        in >> text;
        value = std::move(text);
    }
};

}  // namespace rankpool::wire
