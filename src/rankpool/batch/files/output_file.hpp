// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/atomic_file.hpp"

#include <filesystem>
#include <string_view>

namespace rankpool::batch {

/// A file that a person has asked for, with `--output` or the like. It appears when `commit` is called, whole
/// or not at all; what stood there before stays until then. A link is followed; a device or pipe is written
/// to as it is. Every failure throws InputError.
class OutputFile {
  public:
    explicit OutputFile(std::filesystem::path const& path);

    /// Throws as the constructor would, and leaves nothing behind: for finding out before hours of work.
    static void check(std::filesystem::path const& path);

    void write(std::string_view bytes);
    /// Makes the file durable and gives it its name.
    void commit();

  private:
    AtomicFile file_;
};

}  // namespace rankpool::batch
