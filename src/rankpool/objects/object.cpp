// SPDX-License-Identifier: MIT
#include "rankpool/objects/object.hpp"

#include "rankpool/objects/barrier_object.hpp"
#include "rankpool/objects/bytes_object.hpp"
#include "rankpool/objects/condition_object.hpp"
#include "rankpool/objects/event_object.hpp"
#include "rankpool/objects/list_object.hpp"
#include "rankpool/objects/lock_object.hpp"
#include "rankpool/objects/map_object.hpp"
#include "rankpool/objects/memory_object.hpp"
#include "rankpool/objects/priority_queue_object.hpp"
#include "rankpool/objects/semaphore_object.hpp"

#include <new>

namespace rankpool::objects {
namespace {

using link::ObjectKind;

std::unique_ptr<Object> made(link::ObjectTerms const& terms, Replies& replies, SharedWords& words,
                             link::ChannelId id) {
    auto const units = [&terms] {
        if (terms.size > SemaphoreObject::most_units) link::refuse("a semaphore of too many units");
        return static_cast<std::int64_t>(terms.size);
    };
    switch (terms.kind) {
        case ObjectKind::lock:
            return std::make_unique<LockObject>(replies, words, id, LockObject::Kind::plain);
        case ObjectKind::rlock:
            return std::make_unique<LockObject>(replies, words, id, LockObject::Kind::recursive);
        case ObjectKind::semaphore:
            return std::make_unique<SemaphoreObject>(replies, id, SemaphoreObject::Kind::free, units());
        case ObjectKind::bounded_semaphore:
            return std::make_unique<SemaphoreObject>(replies, id, SemaphoreObject::Kind::bounded, units());
        case ObjectKind::event:
            return std::make_unique<EventObject>(replies, id);
        case ObjectKind::condition:
            return std::make_unique<ConditionObject>(replies, id);
        case ObjectKind::barrier:
            if (terms.size < 1) link::refuse("a barrier of nobody");
            return std::make_unique<BarrierObject>(replies, id, terms.size, terms.has_action != 0);
        case ObjectKind::bytes:
            return std::make_unique<BytesObject>(replies, words, id, terms.size, terms.may_be_mapped != 0);
        case ObjectKind::map:
            return std::make_unique<MapObject>(replies, id, terms.size);
        case ObjectKind::list:
            return std::make_unique<ListObject>(replies, id, terms.size);
        case ObjectKind::memory:
            return std::make_unique<MemoryObject>(replies, id, terms.size);
        case ObjectKind::priority_queue:
            return std::make_unique<PriorityQueueObject>(replies, id, terms.most_items, terms.size);
    }
    link::refuse("a shared object of no kind");
}

}  // namespace

std::unique_ptr<Object> make_object(link::ObjectTerms const& terms, Replies& replies, SharedWords& words,
                                    link::ChannelId id) {
    try {
        return made(terms, replies, words, id);
    } catch (std::bad_alloc const&) {
        return nullptr;
    } catch (link::Nonsense const&) {
        throw;
    } catch (Error const&) {
        return nullptr;
    }
}

}  // namespace rankpool::objects
