// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace jobs {

/// A file that appears complete or not at all: what is written goes to a file beside it, which takes its name
/// in `commit`. Without `commit`, what stood there before stays. A link is followed; a device or pipe is
/// written to as it is. Every failure throws batch::InputError.
class NewFile {
  public:
    explicit NewFile(std::filesystem::path const& path);
    NewFile(NewFile&&) noexcept = default;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    /// Throws as the constructor would, and leaves nothing behind: for finding out before hours of work.
    static void check(std::filesystem::path const& path) { NewFile{path}; }

    void write(std::string_view bytes);
    /// Makes the file durable and gives it its name.
    void commit();

  private:
    [[noreturn]] void fail(char const* what) const;
    [[nodiscard]] bool is_device() const { return temporary_.empty(); }

    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::filesystem::path path_;
    std::filesystem::path temporary_;
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace jobs
