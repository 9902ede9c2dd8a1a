// SPDX-License-Identifier: MIT
#include "rankpool/worker/blobs.hpp"

#include "rankpool/core/lent_fd.hpp"
#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/shared_ring/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

namespace rankpool::worker {
namespace {

using link::FrameKind;

/// Values that have been let go of before they had reached all ranks: more would only use up descriptors.
constexpr std::size_t most_closing = 64;

[[noreturn]] void throw_gone() {
    throw UsageError("a broadcast value is gone (its owner let go of it). Keep the Shared alive?");
}

}  // namespace

BlobBytes::BlobBytes(int memory, std::size_t size) : size_(size) {
    map(memory, PROT_READ);
}

BlobBytes::BlobBytes(std::size_t size) : size_(size) {
    map(-1, PROT_READ | PROT_WRITE);
}

void BlobBytes::map(int memory, int protection) {
    if (size_ == 0) return;
    void* const place = ::mmap(nullptr, room(), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    data_ = place == MAP_FAILED ? nullptr : static_cast<std::byte*>(place);
    bool const is_mapped = data_ && (memory < 0 || ::mmap(data_, size_, protection, MAP_SHARED | MAP_FIXED,
                                                          memory, 0) != MAP_FAILED);
    if (is_mapped) return;
    if (data_) ::munmap(data_, room());
    throw Error("cannot map a broadcast value of " + std::to_string(size_) + " bytes");
}

/// Whole pages, with one byte more at least.
std::size_t BlobBytes::room() const {
    auto const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return (size_ / page + 1) * page;
}

BlobBytes::~BlobBytes() {
    if (data_) ::munmap(data_, room());
}

Blobs::Blobs(Mailbox& mailbox) : mailbox_(mailbox) {
    mailbox_.enlist(link::blob_pool, *this);
}

BlobSink::BlobSink(Mailbox& mailbox, std::uint64_t size)
    : FramedSink(mailbox, link::header_of(FrameKind::blob_bytes, mailbox.supervisor(), mailbox.self(),
                                          link::blob_pool)),
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
    mailbox_.wait_inside([this] { return closing_.size() < most_closing; });
    link::BlobId const id{mailbox_.self(), 0, ++opened_};
    mailbox_.send(FrameKind::blob_open, mailbox_.supervisor(), link::blob_pool, {},
                  link::Blob{.id = id, .size = size, .root = mailbox_.self().rank});
    return id;
}

void Blobs::close(link::BlobId const& id) {
    closing_.insert(id);
    mailbox_.send(FrameKind::blob_close, mailbox_.supervisor(), link::blob_pool, {}, link::Blob{.id = id});
}

/// Of one that has gone while it was looked at nobody would say again when to let go of it.
Blobs::Values::iterator Blobs::keep(link::BlobId const& id, std::shared_ptr<void const> value) {
    if (is_gone_) throw_gone();
    return values_.insert_or_assign(id, std::move(value)).first;
}

std::unique_ptr<BlobBytes> Blobs::fetch(link::BlobId const& id) {
    fetching_ = id;
    is_gone_ = false;
    mailbox_.send(FrameKind::blob_wanted, mailbox_.supervisor(), link::blob_pool, {}, link::Blob{.id = id});
    mailbox_.wait_inside([&] { return arrived_.contains(id); });
    link::Blob const blob = arrived_.extract(id).mapped();
    if (blob.pid == 0) throw_gone();
    UniqueFd const memory = open_lent_fd(blob.pid, blob.fd, link::blob_name(blob), O_RDONLY);
    // It may also have no descriptor, or be gone by now and its number there another's.
    if (!memory || size_of_sealed(memory.get()) != blob.size) return copy(blob);
    return std::make_unique<BlobBytes>(memory.get(), blob.size);
}

/// By messages, into memory of this process's own.
std::unique_ptr<BlobBytes> Blobs::copy(link::Blob const& blob) {
    auto bytes = std::make_unique<BlobBytes>(blob.size);
    for (std::span<std::byte> rest = bytes->own_bytes(); !rest.empty();) {
        mailbox_.send(FrameKind::blob_read, mailbox_.supervisor(), link::blob_pool, {},
                      link::Blob{.id = blob.id, .size = blob.size - rest.size()});
        mailbox_.wait_inside([&] { return copied_.has_value(); });
        Buffer const piece = *std::exchange(copied_, std::nullopt);
        if (piece.size() == 0 || piece.size() > rest.size()) throw_gone();
        std::memcpy(rest.data(), piece.bytes().data(), piece.size());
        rest = rest.subspan(piece.size());
    }
    return bytes;
}

void Blobs::on_frame(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_here, FrameKind::blob_copied, FrameKind::blob_gone>();
    if (frame.header.kind == FrameKind::blob_here) arrived_[blob.id] = blob;
    if (frame.header.kind == FrameKind::blob_copied) copied_ = Buffer{frame.tail<FrameKind::blob_copied>()};
    if (frame.header.kind == FrameKind::blob_gone) {
        values_.erase(blob.id);
        is_gone_ |= blob.id == fetching_;
        closing_.erase(blob.id);
    }
}

}  // namespace rankpool::worker
