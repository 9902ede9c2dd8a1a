// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/shared/store.hpp"

#include <boost/serialization/access.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace rankpool {

/// How a dict is made.
struct DictOptions {
    /// The rank that keeps it; this process's if not set, or -1.
    std::optional<int> rank{};
    /// Every rank keeps a part, chosen by the key.
    bool spread = false;
    /// Bytes of keys and values that it may have, beyond which `set` throws Full; on each rank its share.
    std::uint64_t max_bytes = std::uint64_t{1024} * 1024 * 1024;
};

/// A dictionary of the whole job, as one of Python's multiprocessing.Manager
/// (https://docs.python.org/3/library/multiprocessing.html#managers): made by Context::dict, and travels.
/// Copies are the same dictionary. Keys are the same where their bytes are, and come in no order. Each
/// operation is atomic and a round trip to the rank that keeps the key, and one more for each 128 KiB; all
/// throw ClosedError where that rank is lost. Queues, locks and the like in values are held by the process
/// that has set them, as long as it runs. Nothing is changed by the end of a process.
template <class K, class V>
class Dict {
  public:
    Dict() = default;
    explicit Dict(std::vector<shared::Store> parts) : parts_(std::move(parts)) {}

    [[nodiscard]] std::optional<V> get(K const& key) const {
        return value_of(part_of(key).ask({link::Operation::get}, shared::encoded(key)));
    }
    /// The same; throws std::out_of_range where there is none.
    [[nodiscard]] V at(K const& key) const { return require(get(key)); }
    /// Throws Full, and leaves what was there.
    void set(K const& key, V const& value) const { (void)put(link::Operation::put, key, value); }
    /// Sets it if there is none. Returns the value that is there then.
    V setdefault(K const& key, V const& value) const {
        auto const result = put(link::Operation::put_new, key, value);
        return result.is_done() ? value : shared::value_in<V>(result.bytes);
    }
    /// Takes it out. Throws std::out_of_range where there is none.
    V pop(K const& key) const {
        return require(value_of(part_of(key).ask({link::Operation::pop, -1}, shared::encoded(key))));
    }
    /// True if it was there.
    bool erase(K const& key) const {
        return part_of(key).ask({link::Operation::pop, -1}, shared::encoded(key)).is_done();
    }
    [[nodiscard]] bool contains(K const& key) const {
        return part_of(key).ask({link::Operation::contains}, shared::encoded(key)).is_done();
    }
    [[nodiscard]] std::size_t size() const {
        std::size_t sum = 0;
        for (auto const& part : parts()) {
            sum += static_cast<std::size_t>(part.ask({link::Operation::state}).first);
        }
        return sum;
    }
    void clear() const {
        for (auto const& part : parts()) (void)part.ask({link::Operation::clear});
    }

    /// As they are at one moment; of a spread one, each part.
    [[nodiscard]] std::vector<K> keys() const {
        std::vector<K> all;
        for (auto const& part : parts()) {
            shared::for_each_record(part.ask({link::Operation::snapshot, 0}).bytes,
                                    [&](auto bytes) { all.push_back(shared::value_in<K>(bytes)); });
        }
        return all;
    }
    [[nodiscard]] std::vector<std::pair<K, V>> items() const {
        std::vector<std::pair<K, V>> all;
        for (auto const& part : parts()) {
            std::optional<K> key;
            shared::for_each_record(part.ask({link::Operation::snapshot, 1}).bytes, [&](auto bytes) {
                if (!key) {
                    key.emplace(shared::value_in<K>(bytes));
                } else {
                    all.emplace_back(std::move(*key), shared::value_in<V>(bytes));
                    key.reset();
                }
            });
        }
        return all;
    }

    /// Makes `f(value, bound...)` of the value of `key`, both std::optional<V>, empty where there is none:
    /// the key goes where f gives none. Atomic: f is called here, and again where another has changed the
    /// value meanwhile. Returns what it gave; RemoteError where it throws, and nothing is changed.
    template <auto F, class... Bound>
    std::optional<V> update(K const& key, Bound const&... bound) const {
        auto const& part = part_of(key);
        while (true) {
            auto const before = part.ask({link::Operation::get}, shared::encoded(key));
            std::optional<V> const after = call<F>(value_of(before), bound...);
            if (!after && !before.is_done()) return after;
            auto const version = before.is_done() ? before.first : 0;
            auto const result = after ? put(link::Operation::put_if, key, *after, version)
                                      : part.ask({link::Operation::pop, version}, shared::encoded(key));
            if (result.is_done()) return after;
        }
    }

    /// In the order of the keys, a range. The requests go together: hardly more than one round trip.
    template <class Keys>
    [[nodiscard]] std::vector<std::optional<V>> get_many(Keys const& keys) const {
        std::vector<std::optional<V>> all;
        shared::Pipeline pipeline{[&all](auto const& result) { all.push_back(value_of(result)); }};
        for (K const& key : keys) pipeline.add(part_of(key), {link::Operation::get}, shared::encoded(key));
        pipeline.finish();
        return all;
    }
    [[nodiscard]] std::vector<std::optional<V>> get_many(std::initializer_list<K> keys) const {
        return get_many<std::initializer_list<K>>(keys);
    }
    /// A range of keys with their values, set one after the other; the requests go together. Where one has no
    /// room, those behind it may be set.
    template <class Items>
    void set_many(Items const& items) const {
        shared::Pipeline pipeline{[](auto const& /*result*/) {}};
        for (auto const& [key, value] : items) {
            auto const [question, bytes] = to_put(link::Operation::put, key, value, 0);
            pipeline.add(part_of(key), question, bytes);
        }
        pipeline.finish();
    }
    void set_many(std::initializer_list<std::pair<K, V>> items) const {
        set_many<std::initializer_list<std::pair<K, V>>>(items);
    }

    /// Waits until there is a value; empty when there was none in time.
    std::optional<V> wait_for(K const& key) const { return wait_until(key, Deadline::never()); }
    template <class Rep, class Period>
    std::optional<V> wait_for(K const& key, std::chrono::duration<Rep, Period> timeout) const {
        return wait_until(key, Deadline::after(timeout));
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        std::uint64_t count = parts_.size();
        archive& count;
        parts_.resize(count);
        for (auto& part : parts_) part.serialize(archive, 0);
    }

    [[nodiscard]] std::vector<shared::Store> const& parts() const {
        if (!parts_.empty()) return parts_;
        throw UsageError(
            "cannot use a dict that is none (it was made by its default constructor). Ask the context for "
            "one?");
    }
    [[nodiscard]] shared::Store const& part_of(K const& key) const {
        auto const& all = parts();
        if (all.size() == 1) return all.front();
        return all[shared::hash_of(shared::encoded(key)) % all.size()];
    }
    static std::pair<shared::Store::Question, std::vector<std::byte>> to_put(link::Operation operation,
                                                                             K const& key, V const& value,
                                                                             std::int64_t version) {
        auto bytes = shared::encoded(key);
        auto const key_bytes = static_cast<std::int64_t>(bytes.size());
        auto const rest = shared::encoded(value);
        bytes.insert(bytes.end(), rest.begin(), rest.end());
        return {{operation, version, key_bytes}, std::move(bytes)};
    }
    shared::Store::Result put(link::Operation operation, K const& key, V const& value,
                              std::int64_t version = 0) const {
        auto const [question, bytes] = to_put(operation, key, value, version);
        return part_of(key).ask(question, bytes);
    }
    static std::optional<V> value_of(shared::Store::Result const& result) {
        if (!result.is_done()) return std::nullopt;
        return shared::value_in<V>(result.bytes);
    }
    static V require(std::optional<V> value) {
        if (value) return std::move(*value);
        throw std::out_of_range("the dict has no such key");
    }
    template <auto F, class... Bound>
    static std::optional<V> call(std::optional<V> value, Bound const&... bound) {
        try {
            return F(std::move(value), bound...);
        } catch (...) {
            shared::throw_as_remote();
        }
    }
    std::optional<V> wait_until(K const& key, Deadline const& deadline) const {
        return value_of(part_of(key).wait({link::Operation::wait}, shared::encoded(key), deadline));
    }

    std::vector<shared::Store> parts_;
};

}  // namespace rankpool
