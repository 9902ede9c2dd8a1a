// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared/store.hpp"

#include <boost/serialization/access.hpp>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

namespace rankpool {

/// A list of the whole job, as one of Python's multiprocessing.Manager
/// (https://docs.python.org/3/library/multiprocessing.html#managers): made by Context::list, kept by the rank
/// that it was made on, and travels. Copies are the same list. Indices below 0 count from the end. Each
/// operation is atomic and a round trip, and one more for each 128 KiB; all throw ClosedError where its rank
/// is lost, std::out_of_range where there is no such element.
template <class T>
class List {
  public:
    List() = default;
    explicit List(shared::Store store) : store_(std::move(store)) {}

    void append(T const& value) const { (void)store_.ask({link::Operation::append}, shared::encoded(value)); }
    /// Appends them one after the other; the requests go together.
    template <class Range>
    void extend(Range const& values) const {
        shared::Pipeline pipeline{[](auto const& /*result*/) {}};
        for (T const& value : values) pipeline.add(store_, {link::Operation::append}, shared::encoded(value));
        pipeline.finish();
    }
    void extend(std::initializer_list<T> values) const { extend<std::initializer_list<T>>(values); }
    [[nodiscard]] T get(long i) const { return element(link::Operation::get, i); }
    void set(long i, T const& value) const {
        require(store_.ask({link::Operation::put, i}, shared::encoded(value)), i);
    }
    /// Takes out the last one, or that one.
    T pop(long i = -1) const { return element(link::Operation::pop, i); }
    [[nodiscard]] std::size_t size() const {
        return static_cast<std::size_t>(store_.ask({link::Operation::state}).first);
    }
    /// All, as they are at one moment.
    [[nodiscard]] std::vector<T> items() const {
        std::vector<T> all;
        shared::for_each_record(store_.ask({link::Operation::snapshot}).bytes,
                                [&](auto bytes) { all.push_back(shared::value_in<T>(bytes)); });
        return all;
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        store_.serialize(archive, 0);
    }

    [[nodiscard]] T element(link::Operation operation, long i) const {
        auto const result = store_.ask({operation, i});
        require(result, i);
        return shared::value_in<T>(result.bytes);
    }
    static void require(shared::Store::Result const& result, long i) {
        if (!result.is_done()) throw std::out_of_range("the list has no element " + std::to_string(i));
    }

    shared::Store store_;
};

}  // namespace rankpool
