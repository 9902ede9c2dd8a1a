// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/node_archive.hpp"

#include <span>

namespace rankpool::batch {

/// A type whose fields have columns of their own, as its serialize() names them.
template <class T>
concept HasFields = !IsScalar<T> && std::is_class_v<T> && !detail::IsTuple<T> && !std::ranges::range<T>;

namespace detail {

class ColumnLister : public FieldArchive<ColumnLister, true> {
  public:
    ColumnLister(std::vector<Column>& columns, std::string prefix)
        : columns_(columns), prefix_(std::move(prefix)) {}

    template <class T>
    void field(char const* name, T& value) {
        if constexpr (IsScalar<T>) {
            columns_.push_back({prefix_ + name, Scalar<T>::type});
        } else if constexpr (HasFields<T>) {
            ColumnLister{columns_, prefix_ + name + "_"}.visit(value);
        } else {
            columns_.push_back({prefix_ + name, ColumnType::text});
        }
    }

  private:
    std::vector<Column>& columns_;
    std::string prefix_;
};

class ValueLister : public FieldArchive<ValueLister, true> {
  public:
    explicit ValueLister(std::vector<Value>& values) : values_(values) {}

    template <class T>
    void field(char const* /*name*/, T& value) {
        if constexpr (IsScalar<T>) {
            values_.push_back(Scalar<T>::store(value));
        } else if constexpr (HasFields<T>) {
            visit(value);
        } else {
            values_.emplace_back(to_json(node_of(value)));
        }
    }

  private:
    std::vector<Value>& values_;
};

class ValueReader : public FieldArchive<ValueReader, false> {
  public:
    explicit ValueReader(std::span<Value const> values) : values_(values) {}

    template <class T>
    void field(char const* /*name*/, T& value) {
        if constexpr (HasFields<T>) {
            visit(value);
        } else {
            if (values_.empty())
                throw SerializationError("cannot read a stored row (it has too few columns)");
            if constexpr (IsScalar<T>) {
                value = Scalar<T>::load(values_.front());
            } else {
                read_node(from_json(text_in(values_.front())), value);
            }
            values_ = values_.subspan(1);
        }
    }

  private:
    std::span<Value const> values_;
};

}  // namespace detail

/// The columns of a T. Each scalar field has its own, as has each field of a struct within, with both names
/// joined by `_`; any other container is one of JSON text. A T that is no struct is one column, `name`.
template <class T>
std::vector<Column> columns_of(char const* name) {
    std::vector<Column> columns;
    T value{};
    detail::ColumnLister lister{columns, ""};
    if constexpr (HasFields<T>) {
        lister.visit(value);
    } else {
        lister.field(name, value);
    }
    return columns;
}

/// Appends what stands in the columns for this value.
template <class T>
void append_values(T const& value, std::vector<Value>& values) {
    detail::ValueLister lister{values};
    if constexpr (HasFields<T>) {
        lister.visit(value);
    } else {
        lister.field("", const_cast<T&>(value));  // as FieldArchive does
    }
}

/// The T of which `values` stand in the columns. Throws SerializationError where there is none.
template <class T>
T value_of(std::span<Value const> values) {
    T value{};
    detail::ValueReader reader{values};
    if constexpr (HasFields<T>) {
        reader.visit(value);
    } else {
        reader.field("", value);
    }
    return value;
}

}  // namespace rankpool::batch
