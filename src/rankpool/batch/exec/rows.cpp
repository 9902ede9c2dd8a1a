// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/rows.hpp"

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>

namespace rankpool::batch {

namespace {

/// What all rows need.
struct Sum {
    double cores = 0;
    double memory = 0;
    double gpus = 0;

    void add(Needs const& needs) {
        cores += needs.cpus;
        memory += static_cast<double>(needs.memory);
        gpus += needs.gpus;
    }
    [[nodiscard]] double rounds(std::vector<NodeSupply> const& nodes) const {
        Sum all;
        for (auto const& node : nodes) {
            all.cores += static_cast<double>(node.cores.size());
            all.memory += static_cast<double>(node.memory);
            all.gpus += static_cast<double>(node.gpus.size());
        }
        auto const times = [](double sum, double has) { return has > 0 ? sum / has : 0; };
        return std::max({times(cores, all.cores), times(memory, all.memory), times(gpus, all.gpus)});
    }
};

void check_needs(Needs const& needs, std::vector<NodeSupply> const& nodes) {
    bool const fits =
        std::ranges::any_of(nodes, [&](NodeSupply const& node) { return node.lack_for(needs).empty(); });
    if (fits) return;
    auto const lack = nodes.front().lack_for(needs);
    throw InputError(fmt::format("cannot run the command ({}{})", lack,
                                 nodes.size() > 1 ? ", and no other has enough" : ""));
}

/// Of the files of --output-dir: no two rows may have the same.
class OutputNames {
  public:
    /// Of each name a hash is held.
    void check(std::string const& name, std::uint64_t row) {
        auto const path = std::filesystem::path{name}.lexically_normal().native();
        auto const [known, is_new] = rows_.try_emplace(key_of(std::as_bytes(std::span{path}), 0), row);
        if (is_new) return;
        throw InputError(fmt::format(
            "cannot keep the output of row {} and of row {} (--output-dir names the files of both "
            "{}.out). Add {{#}}, the row's number, to the name?",
            known->second, row, path));
    }

  private:
    std::map<InputKey, std::uint64_t> rows_;
};

/// What is seen of rows that are read to their end.
struct Seen {
    explicit Seen(std::size_t columns) : types(columns, ColumnType::any) {}

    std::uint64_t count = 0;
    bool counts_cores = false;
    OutputNames outputs;
    Sum sum;
    std::vector<ColumnType> types;
};

Seen look_at(RowSource& source, CommandPlan const& plan, std::vector<NodeSupply> const& nodes,
             bool is_beside_pipe) {
    Seen seen{source.columns().size()};
    while (auto const row = source.next()) {
        try {
            auto const command = plan.command_for({*row, static_cast<std::int64_t>(++seen.count)});
            check_needs(command.needs, nodes);
            // Beside a pipe rows have other numbers, which may be in the names.
            if (plan.names_outputs() && !is_beside_pipe) seen.outputs.check(command.output_file, seen.count);
            seen.counts_cores |= command.needs.cpus > 0;
            seen.sum.add(command.needs);
        } catch (InputError const& error) {
            auto const place = source.place();
            throw InputError(fmt::format("{}: {}", place.empty() ? fmt::format("row {}", seen.count) : place,
                                         error.what()));
        }
        for (std::size_t i = 0; i < seen.types.size(); ++i) {
            if (seen.types[i] == ColumnType::any && !number_in((*row)[i])) seen.types[i] = ColumnType::text;
        }
    }
    return seen;
}

}  // namespace

RowSurvey survey_rows(RowSource& source, CommandPlan& plan, std::vector<NodeSupply> const& nodes) {
    if (source.is_stream()) {
        auto files = source.of_plain_files();
        look_at(files, plan, nodes, true);
        return {std::nullopt, 0, std::vector(source.columns().size(), ColumnType::any)};
    }
    auto seen = look_at(source, plan, nodes, false);
    source.rewind();
    if (seen.counts_cores) {
        plan.count_cores();
        seen.sum.cores = std::max(seen.sum.cores, static_cast<double>(seen.count));
    }
    return {seen.count, seen.sum.rounds(nodes), std::move(seen.types)};
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
