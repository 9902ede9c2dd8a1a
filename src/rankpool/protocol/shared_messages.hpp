// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/channel_messages.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

/// The plain structs that the payloads of frames about shared objects begin with. A shared object is named as
/// a queue is, and who holds it is counted as for a queue: it has one end, and no ring.
namespace rankpool::link {

/// In place of a pool in the headers of these frames.
inline constexpr PoolId shared_pool{~std::uint64_t{3}};

enum class ObjectKind : std::uint32_t {
    lock,
    rlock,
    semaphore,
    bounded_semaphore,
    event,
    condition,
    barrier,
    bytes,
    map,
    list,
    memory,
    priority_queue,
};

/// shared_make. A semaphore's `size` is its first value, a barrier's the number of parties, that of bytes
/// and memory how many they are, a map's, a list's and a priority queue's how many bytes they may hold, 0: no
/// bound.
struct ObjectTerms {
    ObjectKind kind{};
    std::uint32_t has_action = 0;  ///< of a barrier
    std::uint64_t size = 0;
    Rank where{-1};                   ///< -1: the maker's
    std::uint32_t may_be_mapped = 0;  ///< of bytes: by processes of the node
    std::uint64_t most_items = 0;     ///< of a priority queue, 0: no bound
};

/// What is asked of an object; each kind knows some of them.
enum class Operation : std::uint32_t {
    state,
    give_up,  ///< the request with this number is to be answered now
    acquire,  ///< a lock
    release,
    holdings,  ///< of a whole home: who holds its objects, and waits for them; from note `first` on
    map_word,  ///< of a lock, value or array: where it is in memory, -1: by itself; a WordPlace follows
    acquire_unit,
    release_units,
    probe,     ///< the sender, which holds what others wait for, waits here
    deadlock,  ///< one of those who wait is to be told
    set,
    clear,
    wait,
    notify,
    taken,
    arrive,
    action_done,
    action_failed,
    abort,
    reset,
    read,
    write,
    add,
    exchange,
    compare_exchange,
    stage,  ///< the bytes go before those of the sender's next request
    more,   ///< of the last answer, from byte `first` on
    get,
    put,
    put_new,
    put_if,  ///< the entry is of version `first`
    pop,
    contains,
    snapshot,
    append,
};
enum class Waiting : std::uint32_t { no, limited, forever };

/// A process's name as far as it fits, with a zero behind it.
using ProcessName = std::array<char, 48>;
inline ProcessName process_name(std::string_view text) {
    ProcessName name{};
    std::copy_n(text.begin(), std::min(text.size(), name.size() - 1), name.begin());
    return name;
}
/// As it has come, whatever stands there.
inline std::string text_of(ProcessName const& name) {
    return {name.begin(), std::find(name.begin(), name.end(), '\0')};
}

/// shared_ask; bytes or WaitEdges may follow.
struct SharedRequest {
    ChannelId object;
    Operation operation{};
    Waiting waiting{};
    std::uint64_t number = 0;  ///< among the sender's
    std::int64_t first = 0;
    std::int64_t second = 0;
    ProcessName name{};
};

enum class SharedOutcome : std::uint32_t {
    done,
    refused,   ///< it makes no sense for the object as it is
    late,      ///< not at once, or given up
    closed,    ///< there is no such object
    broken,    ///< a barrier is
    act,       ///< the sender is to run the barrier's action
    deadlock,  ///< WaitEdges follow: the cycle
};

/// shared_answer; bytes or WaitEdges may follow.
struct SharedAnswer {
    std::uint64_t number = 0;
    SharedOutcome outcome{};
    std::uint32_t flags = 0;
    std::int64_t first = 0;
    std::int64_t second = 0;
    Rank rank{};  ///< with `name`: who it is about
    std::uint32_t reserved = 0;
    ProcessName name{};
};

/// In the answer to `state` of a lock: `first` is how often its owners have died, `second` how often it is
/// held. In the answer to `acquire`: owner_died only.
inline constexpr std::uint32_t owner_died = 1;
inline constexpr std::uint32_t held_by_sender = 2;
/// In the answer to `map_word`: the lock's owner may take it again.
inline constexpr std::uint32_t is_recursive = 4;

/// In the answer to `state` of a priority queue: it holds as many items as it may.
inline constexpr std::uint32_t is_full = 1;

/// In the answer to `holdings`, whose `first` is how many there are in all: a process that holds an object,
/// or waits for one.
struct HoldingNote {
    ChannelId object;
    ObjectKind kind{};
    std::uint32_t waits = 0;
    Address process;
    std::uint32_t reserved = 0;
    std::int64_t amount = 0;         ///< units, or how often
    std::int64_t milliseconds = -1;  ///< for so long; -1: it is not known
    ProcessName name{};
};
static_assert(std::is_trivially_copyable_v<HoldingNote>);

/// Where the words of a home's locks and small values are, or an array: the process and descriptor to open
/// the memory by.
struct WordPlace {
    std::int32_t pid = 0;
    std::int32_t fd = 0;
    Secret secret{};
};

/// shared_probe, to the process that holds `object`; the WaitEdges follow that lead there.
struct SharedProbe {
    ChannelId object;
};

/// A process waits, without a timeout, for a lock that the next one holds.
struct WaitEdge {
    Address process;
    ChannelId waits_for;
    std::uint32_t reserved = 0;
    std::uint64_t number = 0;  ///< of its request
    ProcessName name{};
};
/// A longer chain is not followed.
inline constexpr std::size_t most_edges = 1024;

/// Numbers that a value is made of.
enum class NumberType : std::uint32_t { int8, int16, int32, int64, float32, float64 };

/// Bytes of an object that one frame carries, with what belongs to them.
inline constexpr std::size_t most_shared_bytes = std::size_t{128} * 1024;

/// holder_gone.
struct HolderGone {
    Address holder;
    std::uint32_t has_failed = 0;  ///< it did not end with exit code 0
};

}  // namespace rankpool::link
