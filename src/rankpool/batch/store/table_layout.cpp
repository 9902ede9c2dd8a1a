// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/table_layout.hpp"

#include "rankpool/batch/columns/node.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/core/error.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace rankpool::batch {
namespace {

/// SQLite's own limit, SQLITE_MAX_COLUMN, which is the same in every build that anybody has.
constexpr std::size_t most_columns = 2000;
/// `task`, `outcome`, `error` and `attempts` of a failure.
constexpr std::size_t columns_of_failure = 4;

}  // namespace

TableLayout::TableLayout(RunRecord const& record)
    : inputs_(record.input_columns), results_(record.result_columns) {
    // A result's own is `task`.
    std::size_t const others = std::max(columns_of_failure, 1 + results_.size());
    if (inputs_.size() + others <= most_columns) return;
    if (others >= most_columns) {
        throw InputError("cannot store results of " + std::to_string(results_.size()) +
                         " fields (a table has 2000 columns at most). Gather some in a list?");
    }
    auto const first = inputs_.begin() + static_cast<std::ptrdiff_t>(most_columns - others - 1);
    packed_.assign(first, inputs_.end());
    inputs_.erase(first, inputs_.end());
    inputs_.push_back({more_inputs, ColumnType::text});
    for (auto const& column : packed_) names_.push_back(to_json(Value{sql_name(column)}));
}

void TableLayout::pack(std::span<Value const> fields, std::vector<Value>& columns) const {
    auto const plain = fields.first(inputs_.size() - 1);
    auto const packed = fields.subspan(plain.size(), packed_.size());
    auto const results = fields.subspan(plain.size() + packed.size());
    std::string text;
    for (std::size_t i = 0; i < packed.size(); ++i) {
        text += (i == 0 ? '{' : ',') + names_[i] + ':' + to_json(packed[i]);
    }
    columns.assign(plain.begin(), plain.end());
    columns.emplace_back(text + '}');
    columns.insert(columns.end(), results.begin(), results.end());
}

void TableLayout::unpack(std::vector<Value>& values) const {
    auto const at = static_cast<std::ptrdiff_t>(inputs_.size() - 1);
    auto const* text = std::get_if<std::string>(&values.at(inputs_.size() - 1));
    Node object = text ? from_json(*text) : Node{};
    if (object.children.size() != packed_.size()) {
        throw SerializationError("cannot read a stored row (its more_inputs are not those of its table)");
    }
    std::vector<Value> fields;
    for (auto const& field : object.children) {
        auto value = scalar_in(field);
        if (!value) throw SerializationError("cannot read a stored row (its more_inputs are no values)");
        fields.push_back(*std::move(value));
    }
    values.erase(values.begin() + at);
    values.insert(values.begin() + at, std::make_move_iterator(fields.begin()),
                  std::make_move_iterator(fields.end()));
}

}  // namespace rankpool::batch
