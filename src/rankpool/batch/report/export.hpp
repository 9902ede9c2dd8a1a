// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace rankpool::batch {

struct ExportSettings {
    std::filesystem::path run;
    std::string format = "csv";  ///< or jsonl
    std::string output;          ///< empty: stdout
    bool csv_safe = false;       ///< no cell that a spreadsheet would take for a formula
    bool failed = false;         ///< the failures instead of the results
};

/// Writes the rows of a run as they are now, in the order of the inputs. Bytes are written as hexadecimal
/// digits. Throws InputError, also where the output cannot be written.
void export_run(ExportSettings const& settings);

}  // namespace rankpool::batch
