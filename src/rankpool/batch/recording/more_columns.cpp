// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/more_columns.hpp"

namespace rankpool::batch {

void MoreColumns::append(std::vector<std::pair<std::string, Value>> const& more, std::vector<Value>& values,
                         Store& store) {
    std::size_t const first = values.size() - own_;
    std::vector<std::pair<std::size_t, Value>> placed;
    for (auto const& [name, value] : more) {
        if (auto const place = place_of(name, store)) placed.emplace_back(first + *place, value);
    }
    values.resize(first + record_.result_columns.size());
    for (auto& [place, value] : placed) values[place] = std::move(value);
}

/// Among the columns of results; nothing where there is no room for it.
std::optional<std::size_t> MoreColumns::place_of(std::string const& name, Store& store) {
    auto const [known, is_new] = places_.try_emplace(name);
    if (!is_new) return known->second;
    known->second = place_among_more(record_, own_, name);
    if (known->second && *known->second == record_.result_columns.size()) {
        store.add_result_column({name_for_more(record_, own_, name), ColumnType::any});
        record_.result_columns = store.record().result_columns;
    }
    return known->second;
}

}  // namespace rankpool::batch
