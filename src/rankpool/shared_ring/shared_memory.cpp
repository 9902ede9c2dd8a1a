// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/shared_memory.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/lent_fd.hpp"
#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/shared_ring/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <cstring>
#include <utility>

namespace rankpool::link {
namespace {

constexpr char const* this_memory = "the memory of a shared array";
constexpr std::size_t head_size = round_to_pages(sizeof(Secret));

std::uint64_t whole_of(std::uint64_t size) {
    if (size > most_bytes) throw Error("cannot make the memory of a shared array (no machine has so much)");
    return head_size + round_to_pages(size);
}

}  // namespace

SharedMemory::SharedMemory(std::uint64_t size)
    : SharedMemory(make_memory(label, whole_of(size), this_memory), whole_of(size)) {
    secret_ = make_secret();
    std::memcpy(begin_, secret_.data(), secret_.size());
}

SharedMemory::SharedMemory(UniqueFd memory, std::uint64_t whole)
    : memory_(std::move(memory)), whole_(whole), begin_(map_shared(memory_.get(), 0, whole, this_memory)) {}

std::shared_ptr<SharedMemory> SharedMemory::open(int pid, int fd, Secret const& secret) {
    UniqueFd memory = open_lent_fd(pid, fd, label, O_RDWR);
    return memory ? adopt(std::move(memory), secret) : nullptr;
}

std::shared_ptr<SharedMemory> SharedMemory::adopt(UniqueFd memory, Secret const& secret) {
    auto const size = size_of_sealed(memory.get());
    if (!size || *size < head_size) return nullptr;
    std::shared_ptr<SharedMemory> adopted{new SharedMemory{std::move(memory), *size}};
    std::memcpy(adopted->secret_.data(), adopted->begin_, secret.size());
    if (adopted->secret_ != secret) return nullptr;
    adopted->memory_.reset();
    return adopted;
}

SharedMemory::~SharedMemory() {
    ::munmap(begin_, whole_);
}

std::span<std::byte> SharedMemory::bytes() const {
    return {begin_ + head_size, whole_ - head_size};
}

}  // namespace rankpool::link
