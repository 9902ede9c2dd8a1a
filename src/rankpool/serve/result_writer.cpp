// SPDX-License-Identifier: MIT
#include "rankpool/serve/result_writer.hpp"

#include "rankpool/protocol/heads.hpp"
#include "rankpool/protocol/record_check.hpp"

namespace rankpool::worker {
namespace {

using link::FrameKind;

constexpr std::size_t heads = sizeof(link::FrameHeader) + sizeof(link::Results);

}  // namespace

ResultWriter::ResultWriter(Mailbox& mailbox, Address home, Address owner, PoolId pool)
    : mailbox_(mailbox), home_(home), owner_(owner), pool_(pool) {
    mailbox_.set_interrupt([this] { give_up_room(); });
}

ResultWriter::~ResultWriter() {
    mailbox_.set_interrupt({});
}

void ResultWriter::begin(CallId call, std::uint32_t call_flags) {
    call_ = call;
    detailed_ = (call_flags & link::call_is_detailed) != 0;
    fixed_ = (call_flags & link::call_is_fixed) != 0;
}

link::FrameHeader ResultWriter::header() const {
    if (fixed_)
        return link::header_of(FrameKind::block_results, mailbox_.supervisor(), mailbox_.self(), pool_,
                               call_);
    return link::header_of(FrameKind::results, home_, mailbox_.self(), pool_, call_);
}

void ResultWriter::open(std::uint64_t first) {
    frame_ = mailbox_.reserve(link::largest_frame);
    link::FrameHeader const header = this->header();
    std::memcpy(frame_, &header, sizeof header);
    results_.first = first;
    complete_ = 0;
    sink_.open(frame_ + heads, frame_ + link::largest_frame);
}

void ResultWriter::close_record(std::byte* start, std::uint32_t tasks, link::Details const& details) {
    std::byte* const rest = start + sizeof(RecordHead);
    if (detailed_) std::memcpy(rest + sizeof(link::ResultKind), &details, sizeof details);
    auto const size = static_cast<std::size_t>(sink_.cursor() - rest);
    RecordHead const head{static_cast<std::uint32_t>(sizeof head.check + size), link::check_of({rest, size})};
    std::memcpy(start, &head, sizeof head);
    results_.count += tasks;
    complete_ = pending();
    std::memcpy(frame_ + sizeof(link::FrameHeader), &results_, sizeof results_);
    mailbox_.set_draft(results_.count, static_cast<std::uint32_t>(complete_ + sizeof(link::Results)));
}

std::size_t ResultWriter::pending() const {
    return frame_ ? static_cast<std::size_t>(sink_.cursor() - frame_) - heads : 0;
}

void ResultWriter::flush() {
    if (!frame_) return;
    if (results_.count == 0) return give_up_room();
    link::FrameHeader header = this->header();
    header.size = static_cast<std::uint32_t>(complete_ + sizeof(link::Results));
    std::memcpy(frame_, &header, sizeof header);
    std::memcpy(frame_ + sizeof header, &results_, sizeof results_);
    results_.count = results_.lasts = 0;
    results_.busy_ns = 0;
    frame_ = nullptr;
    sink_.close();
    mailbox_.commit();
    mailbox_.charge(owner_, header.size);
}

void ResultWriter::give_up_room() {
    // A record that is half written behind the complete ones is written again later.
    if (results_.count > 0) return flush();
    frame_ = nullptr;
    sink_.close();
}

void ResultWriter::offer(std::uint64_t task, link::ResultKind kind, link::Details const& details) {
    granted_ = false;
    // From here on the owner's pace counts, not the task's.
    mailbox_.board().activity.store(link::Activity::sending);
    mailbox_.send(
        FrameKind::result_offered, owner_, pool_, call_,
        link::TaskRef{task, details.attempts, static_cast<std::uint32_t>(kind), details.elapsed_ns});
    mailbox_.wait_inside([this] { return granted_; });
}

}  // namespace rankpool::worker
