// SPDX-License-Identifier: MIT
#include "rankpool/rank/router.hpp"

namespace rankpool::supervisor {
namespace {

using transport::Inbox;

constexpr Inbox supervisors_inbox{0};
/// While so many sends are under way workers' frames are not copied for more.
constexpr std::size_t most_sends = 64;

Buffer joined(link::FrameHeader header, std::span<std::byte const> head, std::span<std::byte const> body) {
    header.size = static_cast<std::uint32_t>(head.size() + body.size());
    Buffer frame{sizeof header + header.size};
    std::memcpy(frame.data(), &header, sizeof header);
    if (!head.empty()) std::memcpy(frame.data() + sizeof header, head.data(), head.size());
    if (!body.empty()) std::memcpy(frame.data() + sizeof header + head.size(), body.data(), body.size());
    return frame;
}

}  // namespace

link::Frame frame_in(Buffer const& buffer) {
    link::Frame frame;
    if (buffer.size() < sizeof frame.header) link::refuse("a message that is shorter than a frame");
    std::memcpy(&frame.header, buffer.bytes().data(), sizeof frame.header);
    frame.payload = buffer.bytes().subspan(sizeof frame.header);
    if (frame.payload.size() != frame.header.size) link::refuse("a frame of another size than its message");
    return frame;
}

Inbox Router::inbox_of(Address const& to) {
    return to.slot == link::supervisor_slot ? supervisors_inbox : static_cast<Inbox>(to.slot.value + 2);
}

Slot Router::slot_of(Inbox inbox) {
    return Slot{static_cast<std::uint32_t>(inbox) - 2};
}

void Router::send(link::FrameHeader const& header, std::span<std::byte const> head,
                  std::span<std::byte const> body) {
    if (header.to.rank.value < 0 || header.to.rank.value >= world_.size()) link::refuse("a frame to no rank");
    if (header.to.rank != world_.rank()) {
        Inbox const inbox = inbox_of(header.to);
        Buffer frame = joined(header, head, body);
        if (frame.size() <= Bundles::largest_kept)
            return bundles_.add(header.to.rank, inbox, std::move(frame));
        bundles_.flush(header.to.rank);
        world_.send(header.to.rank, inbox, std::move(frame));
    } else if (header.to.slot == link::supervisor_slot) {
        mine_.push_back(joined(header, head, body));
    } else if (LocalWorker* worker = workers_.find(header.to.slot, header.to.generation)) {
        worker->give(header, head, body);
    }
}

void Router::forward(link::Frame const& frame, LocalWorker& from) {
    std::span const bytes{frame.payload.data() - sizeof frame.header,
                          frame.payload.size() + sizeof frame.header};
    bool const is_near = frame.header.to.rank == world_.rank();
    // Where sends are not done at once, the room in its ring is what keeps a worker from writing on.
    bool const is_small = bytes.size() <= Bundles::largest_kept && world_.sends() < most_sends;
    if (is_near || is_small) return send(frame.header, frame.payload);
    bundles_.flush(frame.header.to.rank);
    LocalWorker::InPlace& entry = from.in_place.back();
    entry.sent = false;
    // The worker may end before the send does: its ring stays until then.
    world_.send_in_place(frame.header.to.rank, inbox_of(frame.header.to), bytes,
                         [worker = from.shared_from_this(), &entry] {
                             entry.sent = true;
                             worker->release_sent();
                         });
}

void Router::forget(Rank lost) {
    std::erase_if(mine_, [lost](Buffer const& frame) {
        link::FrameHeader header;
        if (frame.size() < sizeof header) return false;
        std::memcpy(&header, frame.bytes().data(), sizeof header);
        return header.from.rank == lost;
    });
}

std::optional<Buffer> Router::next_for_me() {
    if (mine_.empty()) return std::nullopt;
    Buffer frame = std::move(mine_.front());
    mine_.pop_front();
    return frame;
}

std::byte* Router::place(Inbox inbox, std::size_t size) {
    if (inbox == supervisors_inbox || inbox == inbox_of_bundles) return nullptr;
    LocalWorker* worker = workers_.find(slot_of(inbox));
    if (!worker || !worker->link || !worker->backlog.empty()) return nullptr;
    placed_size_ = size;
    return worker->reserve(size);
}

void Router::placed(Inbox inbox) {
    LocalWorker* worker = workers_.find(slot_of(inbox));
    worker->commit(placed_size_);
}

void Router::arrived(Inbox inbox, Buffer message) {
    if (inbox == supervisors_inbox) return mine_.push_back(std::move(message));
    try {
        if (inbox == inbox_of_bundles) return unpack(message);
        Address const to = frame_in(message).header.to;
        if (LocalWorker* worker = workers_.find(to.slot, to.generation)) worker->give(std::move(message));
    } catch (link::Nonsense const&) {
        // Its sender's supervisor finds more of it in the ring that this comes from.
    }
}

void Router::unpack(Buffer const& bundle) {
    for_each_frame(bundle.bytes(), [this](link::Frame const& frame) {
        if (frame.header.to.rank != world_.rank()) link::refuse("a frame that is for another rank");
        send(frame.header, frame.payload);
    });
}

}  // namespace rankpool::supervisor
