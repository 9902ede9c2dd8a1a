// SPDX-License-Identifier: MIT
#include "rankpool/core/secret_filter.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>

namespace rankpool {

void accept_only(int socket, Secret const& secret, std::uint32_t header) {
    constexpr std::size_t words = sizeof(Secret) / sizeof(std::uint32_t);
    std::array<sock_filter, 2 * words + 2> program{};
    for (std::size_t i = 0; i < words; ++i) {
        std::uint32_t word = 0;
        for (std::size_t b = 0; b < sizeof word; ++b) {
            word = word << 8 | static_cast<std::uint32_t>(secret[i * sizeof word + b]);
        }
        auto const offset = header + static_cast<std::uint32_t>(i * sizeof word);
        auto const to_the_end = static_cast<std::uint8_t>(2 * (words - i) - 1);
        program[2 * i] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
        program[2 * i + 1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word, 0, to_the_end);
    }
    program[2 * words] = BPF_STMT(BPF_RET | BPF_K, 0xffffffffU);
    program[2 * words + 1] = BPF_STMT(BPF_RET | BPF_K, 0);
    sock_fprog const all{program.size(), program.data()};
    (void)::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all);
}

}  // namespace rankpool
