// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/end_cause.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/core/secret.hpp"

#include <cstdint>
#include <string>

/// The plain structs that payloads begin with, all as they lie in memory: every rank runs the same program.
namespace rankpool::link {

/// welcome: the first frame a worker gets. For the main worker the host names of all ranks follow, each ended
/// by a newline.
struct Welcome {
    Address self;
    std::int32_t ranks = 1;
    std::uint32_t workers = 1;    ///< on all ranks, by the world's settings
    std::uint32_t cores = 1;      ///< that the ranks may use, on all nodes
    std::int32_t ranks_here = 1;  ///< of its node
    std::int32_t place_here = 0;  ///< of its rank among them
};

/// Names a broadcast value in the whole job: the process that opened it and a count of its own, from 1.
struct BlobId {
    Address owner;
    std::uint32_t reserved = 0;
    std::uint64_t number = 0;

    friend constexpr auto operator<=>(BlobId const&, BlobId const&) = default;
};

/// A callable: its place in the table, and where the bytes of what is bound to it are.
struct Code {
    FunctionId function;
    std::uint32_t has_code = 0;  ///< 0: there is no callable
    BlobId blob{};               ///< the blob with the bound bytes; number 0: they follow the struct
};

/// pool_open, and the first part of members_start and serve; what has changed of the owner's surroundings and
/// the initializer's bound bytes follow.
struct PoolTerms {
    std::uint64_t size = 0;
    std::uint64_t maxtasksperchild = 0;
    std::uint64_t crash_limit = 2;
    std::int64_t timeout_ns = 0;     ///< per task; 0: none
    std::uint64_t memory_limit = 0;  ///< bytes per worker; 0: none
    std::uint32_t retries = 0;
    std::uint32_t surroundings_bytes = 0;
    std::uint32_t tag_output = 0;  ///< 1: lines that the members print are tagged
    std::uint32_t bind = 0;        ///< 1: each member is to have a processor for itself
    Address owner;
    Rank home;
    Code initializer;
};

/// serve: what a fresh worker is for.
struct Serve {
    PoolTerms terms;
    Member member;
    PoolId pool;
    std::int32_t processor = -1;  ///< to run on; negative: any
    std::uint32_t reserved = 0;
};

/// pool_resize and members_resize.
struct PoolSize {
    std::uint64_t size = 0;
};
/// pool_rest: the members there get no more tasks, as long as there are others.
struct PoolRest {
    Rank rank;
};
/// Members that a pool can have.
inline constexpr std::uint64_t most_members = std::uint64_t{1} << 22U;

enum class Ending : std::uint32_t { when_done, at_once };
/// pool_close, members_end and call_close, which ends what of the call is under way where it is at once.
struct PoolEnd {
    Ending ending = Ending::when_done;
};

/// Why a worker process ended, as its supervisor saw it.

/// In place of 1 where it was running a task, but what it said of it makes no sense.
inline constexpr std::uint32_t was_running_something = 2;

/// member_up (without the rest); member_down, where the places of a crash follow (see code_places); and
/// member_missing, where the reason does.
struct MemberState {
    Member member;
    EndCause cause = EndCause::retired;
    std::int32_t wait_status = 0;
    std::uint32_t was_running = 0;
    CallId call;              ///< of the task that was running
    std::uint64_t task = 0;   ///< its index
    std::int64_t ran_ns = 0;  ///< for how long it had been running
    Address address;
    std::int32_t pid = 0;
};

enum CallFlags : std::uint32_t {
    call_is_detailed = 1,   ///< each result record carries its duration and attempts
    call_is_reduction = 2,  ///< one result record per batch
    call_is_fixed = 4,      ///< blocks by scatter, results by gather
};

/// call_open and call_info; the callable's bound bytes follow.
struct CallTerms {
    Code code;
    std::uint64_t chunksize = 0;
    std::uint32_t flags = 0;
    std::uint32_t retries = 0;
    std::uint64_t total = 0;  ///< number of tasks, for fixed calls
    std::int32_t priority = 0;
    std::uint32_t reserved = 0;
};

/// call_withdrawn.
struct Withdrawal {
    std::uint32_t is_done = 0;  ///< 1: none of its tasks had been handed out, and none will be
};

/// tasks (records follow) and tasks_held (count is 1; the owner keeps the value until it is wanted).
struct Tasks {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint32_t open = 0;  ///< 1: the chunk goes on in the next frame
    std::uint32_t reserved = 0;
    std::uint64_t more = 0;  ///< bytes of the one record that come in further frames of this kind
};

/// batch (records follow) and batch_held.
struct Batch {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    std::uint32_t crashes = 0;    ///< workers lost to the batch's one task so far
    CallId oldest;                ///< calls before this one are over
    std::uint32_t last = 0;       ///< 1: the member has been given no more of a fixed call
    std::uint64_t more = 0;       ///< bytes of the one record that come in further frames of this kind
    std::uint32_t whole = 0;      ///< tasks that were handed out together; 0: they cannot be taken back
    std::uint32_t offset = 0;     ///< where `first` is among them
    std::uint16_t allotment = 0;  ///< which of the worker's counts them
    std::uint16_t number = 0;     ///< of the batch in that allotment
    std::uint32_t reserved = 0;
};

/// recall: what the member has not begun of a batch is to come back, but for one of `shares` equal parts; and
/// recalled: tasks from `first` on have.
struct Recall {
    Member member;
    Address address;  ///< of the member's process
    std::uint64_t first = 0;
    std::uint32_t count = 0;  ///< recall: those that were handed out together
    std::uint32_t shares = 0;
    std::uint16_t allotment = 0;
    std::uint16_t number = 0;
    std::uint32_t reserved = 0;
};

/// results and block_results; records follow, for the tasks `first` and on.
struct Results {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    Member member;
    std::int64_t busy_ns = 0;
    std::uint32_t lasts = 0;  ///< batches marked as last that end with these results
    std::uint32_t reserved = 0;
};

/// gather_ready: a rank holds results of a fixed call.
struct GatherReady {
    std::uint32_t lasts = 0;  ///< as in Results, of that member
    Member member;
    std::uint32_t full = 0;  ///< 1: it should not hold many more
};

/// status_asked and status_passed.
struct StatusRound {
    std::uint64_t round = 0;
    std::uint32_t hosts = 0;  ///< status_passed: ranks that are asked
    std::uint32_t reserved = 0;
};

/// status_answered; `count` member activities follow.
struct StatusAnswer {
    std::uint64_t round = 0;
    std::uint32_t hosts = 0;  ///< ranks that have been asked
    std::uint32_t count = 0;
    std::uint32_t last = 0;  ///< 1: the rank has no more members
    std::uint32_t reserved = 0;
};

/// exchange_requested and exchange_announced.
struct Turn {
    enum class What : std::uint32_t { scatter, gather };
    What what{};
    Rank root;
};

/// How a task's record is to be read: a task record is a length and bytes; a result record is a length, which
/// covers all that follows, a check of what follows it, this byte, details if the call is detailed, and the
/// rest.
enum class ResultKind : std::uint8_t {
    value,       ///< the encoded result
    thrown,      ///< type name and text
    unsendable,  ///< text: argument or result could not be serialised
    delivered,   ///< the value has been streamed to the owner already
    skipped,     ///< the owner could not encode the argument and knows it
};
struct Details {
    std::int64_t elapsed_ns = 0;
    std::uint32_t attempts = 1;
};
/// In place of a task record's length: there is no value.
inline constexpr std::uint32_t no_value = 0xffffffffU;

/// task_lost; the places of a crash follow.
struct TaskLost {
    std::uint64_t task = 0;
    EndCause cause = EndCause::crashed;
    std::int32_t wait_status = 0;
    Rank rank;
    std::uint32_t crashes = 0;
    std::int64_t ran_ns = 0;
    std::int32_t pid = 0;  ///< of the worker that was lost
    std::uint32_t reserved = 0;
};

/// input_wanted, result_offered, result_granted.
struct TaskRef {
    std::uint64_t task = 0;
    std::uint32_t attempts = 0;
    std::uint32_t kind = 0;  ///< ResultKind of an offered result
    std::int64_t elapsed_ns = 0;
};

/// part_lent: bytes that the receiver may take out of the sender's memory until it answers by part_returned,
/// an Amount of how many it has taken; the others come as parts.
struct Lent {
    std::int32_t pid = 0;  ///< as the sender knows itself
    std::uint32_t reserved = 0;
    std::uint64_t seal = 0;          ///< a number that only the sender has
    std::uint64_t seal_address = 0;  ///< where it has it
    std::uint64_t address = 0;
    std::uint64_t size = 0;
};

/// credit, acknowledged and part_returned.
struct Amount {
    std::uint64_t bytes = 0;
};

/// All blob frames but blob_bytes, which are the next bytes of the blob that their sender opened last.
struct Blob {
    BlobId id{};
    std::uint64_t size = 0;
    Rank root{};  ///< the rank whose worker opened it
    std::int32_t pid =
        0;                ///< blob_here, blob_placed: the process and descriptor to open it by; 0: it is gone
    std::int32_t fd = 0;  ///< -1: it is there, but has no descriptor
    std::int32_t status = 0;  ///< errno, where it has no descriptor
    Secret secret{};          ///< in the name of its memory
};
/// What the kernel calls a blob's memory: the secret tells it from another job's, where process ids do not.
std::string blob_name(Blob const& blob);
/// In place of a pool in the headers of blob frames.
inline constexpr PoolId blob_pool{~std::uint64_t{0}};

}  // namespace rankpool::link
