// SPDX-License-Identifier: MIT
#include "rankpool/rank/bundles.hpp"

#include <cstring>
#include <utility>

namespace rankpool::supervisor {

void Bundles::add(Rank to, transport::Inbox inbox, Buffer frame) {
    Bundle& bundle = bundles_[static_cast<std::size_t>(to.value)];
    if (bundle.bytes + frame.size() > largest_bundle) send(to, bundle);
    if (bundle.frames.empty()) begun_.push_back(to);
    bundle.bytes += frame.size();
    bundle.inbox = inbox;
    bundle.frames.push_back(std::move(frame));
}

void Bundles::flush(Rank to) {
    send(to, bundles_[static_cast<std::size_t>(to.value)]);
}

void Bundles::flush() {
    for (Rank const to : begun_) flush(to);
    begun_.clear();
}

void Bundles::send(Rank to, Bundle& bundle) {
    if (bundle.frames.empty()) return;
    std::size_t const bytes = std::exchange(bundle.bytes, 0);
    if (bundle.frames.size() == 1) {
        Buffer frame = std::move(bundle.frames.front());
        bundle.frames.clear();
        return send_(to, bundle.inbox, std::move(frame));
    }
    Buffer message{bytes};
    std::byte* end = message.data();
    for (Buffer const& frame : bundle.frames) {
        std::memcpy(end, frame.bytes().data(), frame.size());
        end += frame.size();
    }
    bundle.frames.clear();
    send_(to, inbox_of_bundles, std::move(message));
}

void for_each_frame(std::span<std::byte const> bundle, std::function<void(link::Frame const&)> const& use) {
    while (!bundle.empty()) {
        link::Frame frame;
        if (bundle.size() < sizeof frame.header) link::refuse("a bundle that ends within a header");
        std::memcpy(&frame.header, bundle.data(), sizeof frame.header);
        bundle = bundle.subspan(sizeof frame.header);
        if (bundle.size() < frame.header.size) link::refuse("a bundle that ends within a frame");
        frame.payload = bundle.first(frame.header.size);
        bundle = bundle.subspan(frame.header.size);
        use(frame);
    }
}

}  // namespace rankpool::supervisor
