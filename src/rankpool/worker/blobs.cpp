// SPDX-License-Identifier: MIT
#include "rankpool/worker/blobs.hpp"

#include "rankpool/link/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace rankpool::worker {
namespace {

using link::FrameKind;

/// Values that have been let go of before they had reached all ranks: more would only use up descriptors.
constexpr std::size_t most_closing = 64;

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

BlobSink::BlobSink(Post& post, std::uint64_t size)
    : FramedSink(post,
                 link::header_of(FrameKind::blob_bytes, post.supervisor(), post.self(), link::blob_pool)),
      size_(size) {}

void BlobSink::finish() {
    FramedSink::finish(FrameKind::blob_bytes);
    if (done_ < size_) {
        throw SerializationError(
            "a broadcast value became shorter while it was sent (its save does not write the same twice)");
    }
}

void BlobSink::sent(std::uint32_t bytes) {
    done_ += bytes;
    if (done_ > size_) {
        throw SerializationError(
            "a broadcast value became longer while it was sent (its save does not write the same twice)");
    }
}

link::BlobId Blobs::announce(std::uint64_t size) {
    link::require_file_size(size, "a broadcast value");
    post_.wait_inside([this] { return closing_.size() < most_closing; });
    link::BlobId const id{post_.self(), 0, ++opened_};
    post_.send(FrameKind::blob_open, post_.supervisor(), link::blob_pool, {},
               link::Blob{.id = id, .size = size, .root = post_.self().rank});
    return id;
}

void Blobs::close(link::BlobId const& id) {
    closing_.insert(id);
    post_.send(FrameKind::blob_close, post_.supervisor(), link::blob_pool, {}, link::Blob{.id = id});
}

std::unique_ptr<BlobBytes> Blobs::fetch(link::BlobId const& id) {
    post_.send(FrameKind::blob_wanted, post_.supervisor(), link::blob_pool, {}, link::Blob{.id = id});
    post_.wait_inside([&] { return arrived_.contains(id); });
    link::Blob const blob = arrived_.extract(id).mapped();
    if (blob.status != 0) {
        throw Error("cannot look at a broadcast value (" + std::generic_category().message(blob.status) +
                    "). Are there too many of them for this machine's limits?");
    }
    UniqueFd const memory = open_blob(blob);
    if (!memory) {
        throw UsageError("a broadcast value is gone (its owner let go of it). Keep the Shared alive?");
    }
    return std::make_unique<BlobBytes>(memory.get(), blob.size);
}

void Blobs::on_frame(link::Frame const& frame) {
    auto const blob = frame.head<link::Blob>();
    if (frame.header.kind == FrameKind::blob_here) arrived_[blob.id] = blob;
    if (frame.header.kind == FrameKind::blob_gone) {
        values_.erase(blob.id);
        closing_.erase(blob.id);
    }
}

}  // namespace rankpool::worker
