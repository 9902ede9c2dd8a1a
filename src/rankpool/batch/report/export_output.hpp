// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/output_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rankpool::batch {

/// Where exported rows go: a file that appears when it is complete, or stdout as they come. Throws InputError
/// where the file cannot be written.
class ExportOutput {
  public:
    /// `name`: empty or `-` for stdout. A file of the run that is exported is refused.
    ExportOutput(std::string const& name, std::filesystem::path const& run);

    /// False where it is of no use to write more.
    bool write(std::string_view text);
    void complete();

  private:
    std::optional<OutputFile> file_;
};

}  // namespace rankpool::batch
