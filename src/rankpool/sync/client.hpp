// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace rankpool::sync {

class WordUser;

/// What this process asks of shared objects: a request to the object's home and its answer, one round trip.
/// Knows which locks this process holds and waits for, and answers for it when a deadlock is looked for. One
/// per process.
class Client : public worker::FrameHandler {
  public:
    struct Reply {
        link::SharedAnswer head;
        std::vector<std::byte> tail;
    };
    struct Question {
        link::Operation operation{};
        std::int64_t first = 0;
        std::int64_t second = 0;
    };

    /// This process's own. Throws UsageError in a process that is no worker.
    static Client& here();

    /// Asks for what is answered at once; no callback is run meanwhile. Throws ClosedError where the object's
    /// home is lost, UsageError where nothing may be waited for.
    Reply ask(channel::Handle const& object, Question const& question, std::span<std::byte const> tail = {});
    /// Begins to ask a home, about all its objects.
    std::uint64_t begin(Rank home, Question const& question);
    /// Asks for what may take its time; `late` when the deadline has passed. Throws as `ask`, DeadlockError,
    /// and what callbacks throw that are run meanwhile: then it is as if it had not been asked.
    Reply wait(channel::Handle const& object, Question const& question, Deadline const& deadline);

    /// The two halves of `wait`; what has begun must be finished or abandoned.
    std::uint64_t begin(channel::Handle const& object, Question const& question, link::Waiting waiting,
                        std::span<std::byte const> tail = {});
    Reply finish(std::uint64_t number, Deadline const& deadline);
    [[nodiscard]] bool is_answered(std::uint64_t number) const { return answers_.contains(number); }
    /// The second half of `ask`.
    Reply take_answer(std::uint64_t number);
    void abandon(std::uint64_t number);
    /// It is not waited for any more, and changes nothing.
    void forget(std::uint64_t number) { pending_.at(number).is_abandoned = true; }
    /// Waits for that answer; false where it has not come by then.
    bool await(std::uint64_t number, Deadline const& deadline) {
        return mailbox_.wait([&] { return is_answered(number); }, deadline);
    }
    /// Takes note of what has come meanwhile, such as the loss of a rank.
    void listen() { mailbox_.listen(); }
    /// Says more about a request. Nothing is answered to that.
    void tell(channel::Handle const& object, Question const& question, std::uint64_t number);

    /// Objects whose words this process may use; a lock's knows whether it holds that.
    void enlist(link::ChannelId object, WordUser& user) { word_users_[object] = &user; }
    void dismiss(link::ChannelId object) { word_users_.erase(object); }
    /// Where the words of a home's objects are; null where this process may not have them, which it is told
    /// by the first that it asks for.
    std::shared_ptr<link::SharedMemory> word_memory(Rank home, link::WordPlace const& place);
    [[nodiscard]] bool may_have_words(Rank home) const;

    /// True of a lock that this process has.
    [[nodiscard]] bool holds(link::ChannelId lock) const;

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }
    void on_rank_lost(Rank rank) override;

  private:
    struct Pending {
        link::ChannelId object;
        Question question;
        link::Waiting waiting{};
        bool is_abandoned = false;
    };

    explicit Client(worker::Mailbox& mailbox);
    std::uint64_t begin(link::ChannelId object, Question const& question, link::Waiting waiting,
                        std::span<std::byte const> tail);
    void send(link::ChannelId object, Question const& question, link::Waiting waiting, std::uint64_t number,
              std::span<std::byte const> tail = {});
    Reply take(std::uint64_t number);
    void on_answer(link::Frame const& frame);
    void note_lock(Pending const& pending, link::SharedAnswer const& answer);
    void undo(std::uint64_t number, Pending const& pending, link::SharedAnswer const& answer);
    void on_probe(link::Frame const& frame);
    void tell_deadlock(std::span<link::WaitEdge const> cycle);

    worker::Mailbox& mailbox_;
    std::uint64_t asked_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::map<std::uint64_t, Reply> answers_;
    std::map<link::ChannelId, std::int64_t> locks_;  ///< got from their homes, and how often
    std::map<link::ChannelId, WordUser*> word_users_;
    std::map<Rank, std::shared_ptr<link::SharedMemory>> word_memories_;
};

}  // namespace rankpool::sync
