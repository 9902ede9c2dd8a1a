// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"
#include "rankpool/batch/exec/command_done.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/resources/memory_need.hpp"
#include "rankpool/batch/session/measured.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

class PersistentProcess;

/// The request of --persistent for a row: `{"task": 0, "attempt": 1, "input": {"x": "3"}}`. `object`: the row
/// as JSON, where it has come so; its values keep their types.
std::string request_for(std::vector<std::string> const& columns, std::vector<std::string> const& fields,
                        std::string const& object, TaskPlace const& place);

/// The values of an answer by their names: the fields of an object, or `result`.
using NamedValues = std::vector<std::pair<std::string, Value>>;
NamedValues values_in_answer(std::string const& json);

/// The command of this worker that stays and is asked row by row (--persistent): started for the first row,
/// and again after it has ended.
class RowServer {
  public:
    RowServer();
    ~RowServer();

    /// The one of this process, which ends with it.
    static RowServer& here();

    /// The answer's value, as JSON. Throws what the answer says is wrong, as FailedWithOutput; also where
    /// there is none: the command is then started anew for the next row.
    /// `surround` completes what the command finds when it is started. `memory`: how much it may have
    /// meanwhile.
    CommandDone ask(PlannedCommand& command, std::function<void(CommandSurroundings&)> const& surround,
                    std::string const& request, KnownMemory const& memory, TaskPlace& place);

  private:
    std::unique_ptr<PersistentProcess> process_;
};

}  // namespace rankpool::batch
