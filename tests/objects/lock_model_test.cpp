// SPDX-License-Identifier: MIT
// The lock against a sequential model of one: every history of three processes, and long random ones.
#include "tests/objects/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>

namespace rankpool::objects {
namespace {

using namespace support;
using link::Operation;
using link::SharedOutcome;
using link::Waiting;

enum class Act { take, try_to_take, release, give_up, die };
constexpr int acts = 5;

struct Step {
    std::uint32_t who;
    Act act;
};

/// What was answered to whom.
struct Word {
    std::uint32_t to;
    SharedOutcome outcome;
    bool owner_died;
    friend bool operator==(Word const&, Word const&) = default;
};
using Words = std::vector<Word>;

/// A lock as it should be.
class Model {
  public:
    explicit Model(bool is_recursive) : is_recursive_(is_recursive) {}

    Words step(Step const& step) {
        said_.clear();
        switch (step.act) {
            case Act::take:
            case Act::try_to_take:
                take(step.who, step.act == Act::take);
                break;
            case Act::release:
                release(step.who);
                break;
            case Act::give_up:
                if (std::erase(line_, step.who) > 0) say(step.who, SharedOutcome::late);
                break;
            case Act::die:
                std::erase(line_, step.who);
                if (owner_ != step.who) break;
                ++deaths_;
                died_ = true;
                next();
        }
        return said_;
    }
    [[nodiscard]] bool waits(std::uint32_t who) const {
        return std::find(line_.begin(), line_.end(), who) != line_.end();
    }
    [[nodiscard]] std::int64_t deaths() const { return deaths_; }

  private:
    void say(std::uint32_t to, SharedOutcome outcome) {
        said_.push_back({to, outcome, outcome == SharedOutcome::done && died_ && owner_ == to});
    }
    void own(std::uint32_t who) {
        owner_ = who;
        ++depth_;
        say(who, SharedOutcome::done);
    }
    void take(std::uint32_t who, bool waits) {
        if (!owner_ || (is_recursive_ && owner_ == who)) return own(who);
        if (!waits) return say(who, SharedOutcome::late);
        if (owner_ == who) return say(who, SharedOutcome::deadlock);
        line_.push_back(who);
    }
    void release(std::uint32_t who) {
        if (!owner_ || (is_recursive_ && owner_ != who)) return say(who, SharedOutcome::refused);
        said_.push_back({who, SharedOutcome::done, false});
        if (--depth_ > 0) return;
        died_ = false;
        next();
    }
    void next() {
        owner_.reset();
        depth_ = 0;
        if (line_.empty()) return;
        std::uint32_t const who = line_.front();
        line_.pop_front();
        own(who);
    }

    bool is_recursive_;
    std::optional<std::uint32_t> owner_;
    int depth_ = 0;
    bool died_ = false;
    std::int64_t deaths_ = 0;
    std::deque<std::uint32_t> line_;
    Words said_;
};

/// The lock and its model side by side.
class Pair {
  public:
    /// Of the processes, those in `by_word` take the lock by its word where they can.
    Pair(SharedWords& words, bool is_recursive, unsigned by_word)
        : is_recursive_(is_recursive),
          words_(words),
          lock_(make_object({.kind = is_recursive ? link::ObjectKind::rlock : link::ObjectKind::lock}, kept_,
                            words_, object_id)),
          model_(is_recursive) {
        for (std::uint32_t who = 0; who < users_.size(); ++who) {
            if ((by_word >> who & 1U) != 0) find_word(who);
        }
    }

    /// True if both say the same.
    bool step(Step const& step) {
        // A process that waits does nothing else, but it may die or give up.
        if (model_.waits(step.who) && step.act < Act::give_up) return true;
        bool const takes = step.act == Act::take || step.act == Act::try_to_take;
        Waiting const waiting = step.act == Act::take ? Waiting::forever : Waiting::no;
        auto const who = process(step.who);
        auto& user = users_.at(step.who);
        bool const is_release = step.act == Act::release && user.depth() > 0;
        if (step.act == Act::die) {
            lock_->processes_ended(ended(who));
            words_.forget(ended(who));
        } else if ((takes && user.take(1)) || (is_release && user.give_back(1))) {
            return Words{{step.who, SharedOutcome::done, false}} == model_.step(step);
        } else {
            Operation const operation = takes                      ? Operation::acquire
                                        : step.act == Act::release ? Operation::release
                                                                   : Operation::give_up;
            lock_->on_request(who, request(operation, 1, waiting, step.who), {});
        }
        Words said;
        for (auto const& word : kept_.take()) {
            bool const died = word.answer.outcome == SharedOutcome::done && word.answer.flags != 0;
            said.push_back({word.to.slot.value, word.answer.outcome, died});
        }
        // Another process comes in its place.
        if (step.act == Act::die && std::exchange(user, {}).has_word()) find_word(step.who);
        return said == model_.step(step);
    }
    std::int64_t deaths() {
        lock_->on_request(process(9), request(Operation::state), {});
        return kept_.take().back().answer.first;
    }
    [[nodiscard]] std::int64_t model_deaths() const { return model_.deaths(); }

  private:
    void find_word(std::uint32_t who) {
        lock_->on_request(process(who), request(Operation::map_word), {});
        auto const answer = kept_.take().back().answer;
        auto* const place =
            words_.memory().bytes().data() + static_cast<std::size_t>(answer.first) * link::word_distance;
        users_.at(who) = {*reinterpret_cast<link::LockWord*>(place),
                          static_cast<std::uint32_t>(answer.second), is_recursive_};
    }

    bool is_recursive_;
    SharedWords& words_;
    std::array<link::LockWordUser, 8> users_;
    Kept kept_;
    std::unique_ptr<Object> lock_;
    Model model_;
};

/// Whether the lock is recursive, and which processes use its word.
class LockModelTest : public testing::TestWithParam<std::tuple<bool, unsigned>> {
  protected:
    Pair pair() { return {words_, std::get<0>(GetParam()), std::get<1>(GetParam())}; }

  private:
    SharedWords words_;
};
INSTANTIATE_TEST_SUITE_P(Kinds, LockModelTest, testing::Combine(testing::Bool(), testing::Values(0, 5, 255)));

TEST_P(LockModelTest, every_history_of_three_processes) {
    constexpr unsigned choices = 3 * acts;
    constexpr unsigned length = 5;
    unsigned histories = 1;
    for (unsigned i = 0; i < length; ++i) histories *= choices;
    for (unsigned history = 0; history < histories; ++history) {
        Pair pair = this->pair();
        unsigned rest = history;
        for (unsigned i = 0; i < length; ++i, rest /= choices) {
            ASSERT_TRUE(pair.step({rest % 3, static_cast<Act>(rest % choices / 3)}))
                << "history " << history << ", step " << i;
        }
    }
}

TEST_P(LockModelTest, long_random_histories) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random{seed};
        Pair pair = this->pair();
        for (int i = 0; i < 500; ++i) {
            Step const step{static_cast<std::uint32_t>(random() % 8), static_cast<Act>(random() % acts)};
            ASSERT_TRUE(pair.step(step)) << "seed " << seed << ", step " << i;
        }
        EXPECT_EQ(pair.deaths(), pair.model_deaths());
    }
}

}  // namespace
}  // namespace rankpool::objects
