// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>

namespace rankpool::batch {

/// Goes through what `next()` of a source gives, until that is nothing: the iterator of an input range.
template <class Source, class Value>
class NextIterator {
  public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    NextIterator() = default;
    explicit NextIterator(Source& source) : source_(&source), value_(source.next()) {}

    Value const& operator*() const { return *value_; }
    NextIterator& operator++() {
        value_ = source_->next();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(NextIterator const& i, std::default_sentinel_t) { return !i.value_; }

  private:
    Source* source_ = nullptr;
    std::optional<Value> value_;
};

}  // namespace rankpool::batch
