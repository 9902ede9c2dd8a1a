// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/rows.hpp"

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include <fmt/format.h>

namespace rankpool::batch {

namespace {

void check_needs(Needs const& needs, std::optional<NodeSupply> const& supply) {
    auto const lack = supply ? supply->lack_for(needs) : "";
    if (!lack.empty()) throw InputError(fmt::format("cannot run the command ({})", lack));
}

}  // namespace

RowSurvey survey_rows(RowSource& source, CommandPlan& plan, std::optional<NodeSupply> const& supply) {
    std::vector<ColumnType> types(source.columns().size(), ColumnType::any);
    if (source.is_stream()) return {std::nullopt, types};
    std::uint64_t count = 0;
    bool counts_cores = false;
    while (auto const row = source.next()) {
        try {
            auto const needs = plan.command_for({*row, static_cast<std::int64_t>(++count)}).needs;
            check_needs(needs, supply);
            counts_cores |= needs.cpus > 0;
        } catch (InputError const& error) {
            auto const place = source.place();
            throw InputError(
                fmt::format("{}: {}", place.empty() ? fmt::format("row {}", count) : place, error.what()));
        }
        for (std::size_t i = 0; i < types.size(); ++i) {
            if (types[i] == ColumnType::any && !number_in((*row)[i])) types[i] = ColumnType::text;
        }
    }
    if (counts_cores) plan.count_cores();
    source.rewind();
    return {count, types};
}

std::optional<Row> Rows::next() {
    auto fields = source_.next();
    if (!fields) return std::nullopt;
    ++number_;
    if (with_number_) fields->push_back(std::to_string(number_));
    if (with_object_) fields->push_back(source_.object());
    return Row{*std::move(fields)};
}

}  // namespace rankpool::batch
