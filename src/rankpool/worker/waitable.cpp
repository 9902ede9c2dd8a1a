// SPDX-License-Identifier: MIT
#include "rankpool/worker/waitable.hpp"

#include "rankpool/worker/mailbox.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <set>

namespace rankpool::worker {
namespace {

/// Watches things while it lives.
class Watch {
  public:
    explicit Watch(std::vector<Waitable> const& things) : things_(things) {
        std::set<void const*> subjects;
        for (Waitable const& thing : things) {
            if (!subjects.insert(thing.source().subject()).second) continue;
            watched_.push_back(&thing.source());
        }
        try {
            for (; begun_ < watched_.size(); ++begun_) watched_[begun_]->begin_watch();
        } catch (...) {
            end();
            throw;
        }
    }
    ~Watch() { end(); }
    Watch(Watch const&) = delete;

    [[nodiscard]] std::vector<std::size_t> ready() const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < things_.size(); ++i) {
            if (things_[i].source().is_ready()) found.push_back(i);
        }
        return found;
    }
    void before_sleep() const {
        for (WaitSource* source : watched_) source->before_sleep();
    }

  private:
    void end() {
        while (begun_ > 0) watched_[--begun_]->end_watch();
    }

    std::vector<Waitable> const& things_;
    std::vector<WaitSource*> watched_;
    std::size_t begun_ = 0;
};

}  // namespace

std::vector<std::size_t> wait_for_any(std::vector<Waitable> const& things, Deadline const& deadline) {
    std::vector<std::size_t> found;
    if (things.empty()) return found;
    Watch const watch{things};
    auto const look = [&] {
        found = watch.ready();
        return !found.empty();
    };
    (void)this_worker().mailbox.wait(look, deadline, [&] {
        watch.before_sleep();
        return !look();
    });
    return found;
}

}  // namespace rankpool::worker
