// SPDX-License-Identifier: MIT
#include "rankpool/sync/word_user.hpp"

#include "rankpool/shared_ring/value_cell.hpp"

#include <cstring>

namespace rankpool::sync {

WordUser::WordUser(Client& client, link::ChannelId object) : client_(client), object_(object) {
    client_.enlist(object_, *this);
}

WordUser::~WordUser() {
    client_.dismiss(object_);
}

void WordUser::find_word(channel::Handle const& handle) {
    if (!client_.may_have_words(object_.home)) {
        is_looked_for_ = true;
        return;
    }
    auto const reply = client_.ask(handle, {link::Operation::map_word});
    is_looked_for_ = true;
    link::WordPlace place;
    if (reply.head.outcome != link::SharedOutcome::done || reply.tail.size() != sizeof place) return;
    std::memcpy(&place, reply.tail.data(), sizeof place);
    if (reply.head.first < 0) {
        memory_ = link::SharedMemory::open(place.pid, place.fd, place.secret);
        if (memory_) adopt(memory_->bytes().data(), reply.head);
        return;
    }
    memory_ = client_.word_memory(object_.home, place);
    auto const index = static_cast<std::size_t>(reply.head.first);
    if (!memory_ || index >= memory_->bytes().size() / link::word_distance) return;
    adopt(memory_->bytes().data() + index * link::word_distance, reply.head);
}

}  // namespace rankpool::sync
