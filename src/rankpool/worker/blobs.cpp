// SPDX-License-Identifier: MIT
#include "rankpool/worker/blobs.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <filesystem>
#include <string>

namespace rankpool::worker {
namespace {

using link::FrameKind;

/// Opens a blob through its supervisor's table of descriptors, as it has no name of its own. Nothing where
/// the blob is gone, also if it went after the answer was sent and its number there is another file's by now.
UniqueFd open_blob(link::Blob const& blob) {
    if (blob.pid == 0) return {};
    std::string const path = "/proc/" + std::to_string(blob.pid) + "/fd/" + std::to_string(blob.fd);
    UniqueFd memory{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!memory) return {};
    std::error_code error;
    auto const name = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(memory.get()), error);
    bool const is_it = name.string().find(link::blob_name(blob.id) + " ") != std::string::npos;
    return is_it ? std::move(memory) : UniqueFd{};
}

}  // namespace

BlobBytes::BlobBytes(int memory, std::size_t size) : size_(size) {
    if (size == 0) return;
    void* place = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, memory, 0);
    if (place == MAP_FAILED)
        throw Error("cannot map a broadcast value of " + std::to_string(size) + " bytes");
    data_ = static_cast<std::byte const*>(place);
}

BlobBytes::~BlobBytes() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

Blobs::Blobs(Post& post) : post_(post) {
    post_.enlist(link::blob_pool, *this);
}

std::uint64_t Blobs::announce(std::uint64_t size) {
    // Unique in the job: slot and generation tell processes of one rank apart.
    std::uint64_t const id = static_cast<std::uint64_t>(post_.self().rank.value) << 44U |
                             static_cast<std::uint64_t>(post_.self().slot.value & 0xffffU) << 28U |
                             (static_cast<std::uint64_t>(post_.self().generation.value & 0xfffU) << 16U) |
                             (++opened_ & 0xffffU);
    link::Blob const blob{id, size, post_.self().rank, 0, 0, 0};
    post_.send(FrameKind::blob_open, post_.supervisor(), link::blob_pool, {}, blob);
    return id;
}

void Blobs::close(std::uint64_t id) {
    post_.send(FrameKind::blob_close, post_.supervisor(), link::blob_pool, {},
               link::Blob{id, 0, {}, 0, 0, 0});
}

std::unique_ptr<BlobBytes> Blobs::fetch(std::uint64_t id) {
    post_.send(FrameKind::blob_wanted, post_.supervisor(), link::blob_pool, {},
               link::Blob{id, 0, {}, 0, 0, 0});
    post_.wait_inside([&] { return arrived_.contains(id); });
    link::Blob const blob = arrived_.extract(id).mapped();
    UniqueFd const memory = open_blob(blob);
    if (!memory) {
        throw UsageError("a broadcast value is gone (its owner let go of it). Keep the Shared alive?");
    }
    return std::make_unique<BlobBytes>(memory.get(), blob.size);
}

void Blobs::on_frame(link::Frame const& frame) {
    auto const blob = frame.head<link::Blob>();
    if (frame.header.kind == FrameKind::blob_here) arrived_[blob.id] = blob;
    if (frame.header.kind == FrameKind::blob_gone) values_.erase(blob.id);
}

}  // namespace rankpool::worker
