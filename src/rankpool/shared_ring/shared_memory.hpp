// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/secret.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rankpool::link {

/// Zeroed bytes that processes of a node have in common, mapped here. Pages that have never been used cost
/// nothing.
class SharedMemory {
  public:
    /// What the kernel calls it.
    static constexpr char const* label = "rankpool-array";

    /// Throws Error where the system has no memory or descriptor left, or not for so many.
    explicit SharedMemory(std::uint64_t size);
    /// Maps what process `pid` has made and holds as `fd`; null where this process may not.
    static std::shared_ptr<SharedMemory> open(int pid, int fd, Secret const& secret);
    /// Maps what was made elsewhere; null where this is not the memory with that secret.
    static std::shared_ptr<SharedMemory> adopt(UniqueFd memory, Secret const& secret);
    ~SharedMemory();
    SharedMemory(SharedMemory const&) = delete;
    SharedMemory& operator=(SharedMemory const&) = delete;

    [[nodiscard]] std::span<std::byte> bytes() const;
    [[nodiscard]] int fd() const { return memory_.get(); }
    [[nodiscard]] Secret const& secret() const { return secret_; }

  private:
    SharedMemory(UniqueFd memory, std::uint64_t whole);

    UniqueFd memory_;
    std::uint64_t whole_ = 0;  ///< with the page before it, where the secret is
    std::byte* begin_ = nullptr;
    Secret secret_{};
};

}  // namespace rankpool::link
