// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/rows.hpp"

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include <fmt/format.h>

namespace rankpool::batch {

RowSurvey survey_rows(RowSource& source, CommandPlan const& plan) {
    std::vector<ColumnType> types(source.columns().size(), ColumnType::any);
    if (source.is_stream()) return {std::nullopt, types};
    std::uint64_t count = 0;
    while (auto const row = source.next()) {
        try {
            (void)plan.command_for({*row, static_cast<std::int64_t>(++count)});
        } catch (InputError const& error) {
            auto const place = source.place();
            throw InputError(place.empty() ? error.what() : fmt::format("{}: {}", place, error.what()));
        }
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (types[i] == ColumnType::any && !number_in((*row)[i])) types[i] = ColumnType::text;
        }
    }
    source.rewind();
    return {count, types};
}

std::optional<Row> Rows::next() {
    auto fields = source_.next();
    if (!fields) return std::nullopt;
    ++number_;
    if (with_number_) fields->push_back(std::to_string(number_));
    return Row{*std::move(fields)};
}

}  // namespace rankpool::batch
