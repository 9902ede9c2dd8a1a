// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/file_system.hpp"

#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace rankpool::batch {
namespace {

// From linux/magic.h and the file systems' own sources.
constexpr std::array<std::uint32_t, 13> networks{
    0x6969,      // NFS
    0xff534d42,  // CIFS
    0xfe534d42,  // SMB 2 and 3
    0x517b,      // SMB
    0x0bd00bd0,  // Lustre
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x00c36400,  // Ceph
    0x5346414f,  // AFS
    0xaad7aaea,  // PanFS
    0x01021997,  // 9P
    0x65735546,  // FUSE, under which many are
    0x7461636f,  // OCFS2
};

}  // namespace

bool is_on_network(std::filesystem::path const& file) {
    struct statfs info {};
    auto const folder = file.parent_path().empty() ? std::filesystem::path{"."} : file.parent_path();
    if (::statfs(folder.c_str(), &info) != 0) return true;
    return std::ranges::find(networks, static_cast<std::uint32_t>(info.f_type)) != networks.end();
}

std::optional<std::string> read_plain_file(std::filesystem::path const& file, std::size_t most) {
    UniqueFd const opened{::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)};
    struct stat info {};
    if (!opened || ::fstat(opened.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
    std::string text;
    // It may grow meanwhile.
    std::string piece(std::size_t{64} * 1024, '\0');
    for (;;) {
        auto const size = ::read(opened.get(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::nullopt;
        if (size == 0) return text;
        text.append(piece, 0, static_cast<std::size_t>(size));
        if (text.size() > most) return std::nullopt;
    }
}

}  // namespace rankpool::batch
