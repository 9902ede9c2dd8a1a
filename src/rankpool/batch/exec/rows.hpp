// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/exec/row_source.hpp"
#include "rankpool/batch/resources/node_supply.hpp"
#include "rankpool/batch/rows/next_iterator.hpp"

#include <boost/serialization/nvp.hpp>

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// One row: its columns are known when the program runs. What is run for it may depend on its number, which
/// is then another field, of no column.
struct Row {
    std::vector<std::string> fields;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(fields);
    }
};

/// What is found out about rows that can be read before they are needed.
struct RowSurvey {
    std::optional<std::uint64_t> count;
    double rounds = 0;              ///< of all that the nodes have, for what they need together
    std::vector<ColumnType> types;  ///< `any` where all values are numbers, or nobody knows
};

/// Reads all rows that can be read again, and fills in each. Throws InputError, which says where, where one
/// is wrong. Rows of which others come in from a pipe are looked at, but not counted. `nodes`: what each has;
/// a row that needs more than any is wrong.
RowSurvey survey_rows(RowSource& source, CommandPlan& plan, std::vector<NodeSupply> const& nodes);

/// The rows of a source as a range.
class Rows {
  public:
    /// `with_object`: as JSON objects, where they are such; that is then another field, of no column.
    Rows(RowSource source, std::optional<std::uint64_t> count, bool with_number, bool with_object)
        : source_(std::move(source)), count_(count), with_number_(with_number), with_object_(with_object) {}

    using Iterator = NextIterator<Rows, Row>;
    Iterator begin() { return Iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
    /// The next row; nothing at the end.
    std::optional<Row> next();
    /// False where the next one would be waited for.
    [[nodiscard]] bool is_ready() const { return source_.is_ready(); }
    /// How many there are, where that is known.
    [[nodiscard]] std::optional<std::uint64_t> expected() const { return count_; }

  private:
    RowSource source_;
    std::optional<std::uint64_t> count_;
    bool with_number_;
    bool with_object_;
    std::uint64_t number_ = 0;  ///< of the last row, from 1
};

}  // namespace rankpool::batch
