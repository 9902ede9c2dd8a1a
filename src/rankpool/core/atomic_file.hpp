// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace rankpool {

/// A file could not be made or written.
class FileError : public Error {
  public:
    using Error::Error;
};

/// A file that appears whole or not at all: what is written goes to a file with a random name beside it,
/// which takes the name in `commit`. Without that, or where anything fails, what stood there before stays and
/// nothing else is left. The folder is looked up once, and nothing that somebody has put there is written
/// through. Its permissions are those of the file that it replaces, or as the umask says. Throws FileError.
class AtomicFile {
  public:
    enum class Links {
        replaced,  ///< a link at its name goes, and so does anything else but a folder
        followed,  ///< its target is replaced; a device, a pipe or an open file of /proc is written as it is
    };
    enum class Durability {
        none,
        synced,  ///< after `commit` it outlives a power cut
    };

    explicit AtomicFile(std::filesystem::path const& path, Links links = Links::replaced);
    /// `name` in a folder that is open; `shown` is what errors call it.
    AtomicFile(int folder, std::string name, std::filesystem::path shown);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile&&) = delete;
    ~AtomicFile();

    /// Throws as the constructor would, and leaves nothing behind: for finding out before hours of work.
    static void check(std::filesystem::path const& path, Links links);

    void write(std::string_view bytes);
    void commit(Durability durability = Durability::synced);

  private:
    AtomicFile() = default;

    /// Looks for the folder and the name where a file is to be made. True where what is there is to be
    /// written as it is.
    bool find(std::filesystem::path path, Links links);
    /// The target of the link at the name.
    [[nodiscard]] std::filesystem::path target(struct stat const& link) const;
    void make_temporary();
    void open_as_it_is();
    void flush();
    void sync_folder() const;
    [[noreturn]] void fail(char const* what, int error) const;

    std::filesystem::path shown_;
    UniqueFd folder_;
    std::string name_;
    std::string temporary_;  ///< empty where it is written as it is
    int file_ = -1;
    std::string buffer_;
};

}  // namespace rankpool
