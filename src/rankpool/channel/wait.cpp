// SPDX-License-Identifier: MIT
#include "rankpool/channel/wait.hpp"

namespace rankpool::channel {
namespace {

/// Watches ports while it lives.
class Watch {
  public:
    explicit Watch(std::vector<Port*> const& ports) : ports_(ports) {
        for (Port* port : ports_) port->begin_watch();
    }
    ~Watch() {
        for (Port* port : ports_) port->end_watch();
    }
    Watch(Watch const&) = delete;

    [[nodiscard]] std::vector<std::size_t> readable() const {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < ports_.size(); ++i) {
            if (ports_[i]->is_readable()) found.push_back(i);
        }
        return found;
    }
    void before_sleep() const {
        for (Port* port : ports_) port->before_sleep();
    }

  private:
    std::vector<Port*> const& ports_;
};

}  // namespace

std::vector<std::size_t> wait_for_any(std::vector<Endpoint*> const& endpoints, Deadline const& deadline) {
    std::vector<std::size_t> found;
    if (endpoints.empty()) return found;
    std::vector<Port*> ports;
    ports.reserve(endpoints.size());
    for (Endpoint* endpoint : endpoints) ports.push_back(&endpoint->incoming());
    Watch const watch{ports};
    auto const look = [&] {
        found = watch.readable();
        return !found.empty();
    };
    (void)endpoints.front()->post().wait(look, deadline, [&] {
        watch.before_sleep();
        return !look();
    });
    return found;
}

}  // namespace rankpool::channel
