// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace jobs {

/// A PNG file that is written row by row, of which no more than a piece is in memory: it appears with
/// `commit`, whole or not at all. The same rows give the same bytes. Throws batch::InputError where it cannot
/// be written.
class PngFile {
  public:
    /// From 1 to 65535 pixels a side.
    PngFile(std::filesystem::path const& path, std::size_t width, std::size_t height);
    ~PngFile();

    /// The next row, from the top: red, green and blue of each pixel. Throws std::out_of_range where it is of
    /// another length or there were enough.
    void write_row(std::span<std::uint8_t const> pixels);
    /// Throws std::out_of_range where rows are missing.
    void commit();

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace jobs
