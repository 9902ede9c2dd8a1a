// SPDX-License-Identifier: MIT
#include "rankpool/batch/file_system.hpp"

#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>

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

bool replace_file(std::filesystem::path const& file, std::string_view content) {
    std::filesystem::path const fresh = file.string() + ".new";
    {
        std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
        out << content;
        out.flush();
        if (!out) {
            std::error_code ignored;
            std::filesystem::remove(fresh, ignored);
            return false;
        }
    }
    return std::rename(fresh.c_str(), file.c_str()) == 0;
}

}  // namespace rankpool::batch
