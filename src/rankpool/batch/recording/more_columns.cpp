// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/more_columns.hpp"

#include "rankpool/core/printable.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::string_view prefix = "result_";

}  // namespace

void MoreColumns::append(std::vector<std::pair<std::string, Value>> const& more, std::vector<Value>& values,
                         Store& store) {
    std::size_t const first = values.size() - own_;
    std::vector<std::pair<std::size_t, Value>> placed;
    for (auto const& [name, value] : more) {
        if (auto const place = place_of(name, store)) {
            placed.emplace_back(first + *place, value);
        } else if (!std::exchange(has_left_out_, true)) {
            left_out_ = name;
        }
    }
    values.resize(first + record_.result_columns.size());
    for (auto& [place, value] : placed) values[place] = std::move(value);
}

/// Among the columns of results; nothing where there is no room for it.
std::optional<std::size_t> MoreColumns::place_of(std::string const& name, Store& store) {
    if (auto const known = places_.find(name); known != places_.end()) return known->second;
    if (others_.empty()) look_at_record();
    std::string called = beside_others(printable(name));
    auto found = columns_.find(lower(called));
    while (found != columns_.end() && !is_free(found->second, called)) {
        called.insert(0, prefix);
        found = columns_.find(lower(called));
    }
    if (found == columns_.end()) {
        if (columns_.size() >= room_for_more(record_)) return std::nullopt;
        found = columns_.emplace(lower(called), record_.result_columns.size()).first;
        store.add_result_column({called, ColumnType::any});
        record_.result_columns = store.record().result_columns;
    }
    given_.insert(found->second);
    places_.emplace(name, found->second);
    return found->second;
}

/// What the record has from earlier sessions, now that it has been read.
void MoreColumns::look_at_record() {
    others_ = names_beside_more(record_, own_);
    for (std::size_t i = own_; i < record_.result_columns.size(); ++i) {
        columns_.emplace(lower(record_.result_columns[i].name), i);
    }
}

/// A name that is another column's gets a prefix. One that has such a prefix already gets as many more, in
/// each session alike: else it would be what another is called.
std::string MoreColumns::beside_others(std::string name) const {
    std::string tried = name;
    std::size_t own = 0;
    for (; tried.starts_with(prefix); ++own) tried.erase(0, prefix.size());
    auto const longest = std::ranges::max(others_, {}, &std::string::size).size();
    std::optional<std::size_t> first;  // of as many prefixes as others have before the same
    std::size_t last = 0;
    for (std::size_t count = 0; tried.size() <= longest; ++count) {
        if (others_.contains(lower(tried))) {
            if (!first) first = count;
            last = count;
        }
        tried.insert(0, prefix);
    }
    if (!first || own < *first) return name;
    for (std::size_t count = *first; count <= last; ++count) name.insert(0, prefix);
    return name;
}

/// An earlier session has made the column for this name, and no other has it in this one.
bool MoreColumns::is_free(std::size_t place, std::string const& called) const {
    return record_.result_columns[place].name == called && !given_.contains(place);
}

}  // namespace rankpool::batch
