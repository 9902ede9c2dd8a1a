// SPDX-License-Identifier: MIT
#include "rankpool/transport/world.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/transport/communicators.hpp"
#include "rankpool/transport/host_addresses.hpp"
#include "rankpool/transport/mpi_call.hpp"

#include <errno.h>
#include <mpi.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <map>

namespace rankpool::transport {

/// What each rank tells all others when it starts.
struct World::RankInfo {
    std::uint64_t program = 0;
    std::array<char, 64> host{};
    WakeSocket::Name doorbell;
    RemoteDoorbell::Name remote;
    int node = 0;  ///< lowest rank of this node
    int pid = 0;
    std::uint64_t processes = 0;  ///< names the set of processes that it is counted in
    cpu_set_t cores{};            ///< that it may run on
};

namespace {

namespace mpi = boost::mpi;

constexpr std::int64_t tick_ns = 10'000'000;
constexpr std::int64_t shortest_tick_ns = 30'000;
/// Where everybody can ring: a look now and then costs nothing, and no lost wake-up can stop the job.
constexpr std::int64_t longest_ns = 1'000'000'000;
/// How long the others are waited for at the end when some have been lost; more may be.
constexpr std::chrono::seconds leave_timeout{2};
constexpr int leave_tag = 1;

/// The ranks of this node.
class Neighbourhood {
  public:
    /// Null where this rank is the only one.
    explicit Neighbourhood(mpi::communicator const* world) : lowest_(world ? world->rank() : 0) {
        if (!world) return;
        mpi_call("MPI_Comm_split_type", MPI_Comm_split_type, *world,  // communicator
                 MPI_COMM_TYPE_SHARED,                                // who can share memory
                 world->rank(),                                       // keep the order
                 MPI_INFO_NULL,                                       // no hints
                 &node_);                                             // result
        mpi_call("MPI_Bcast", MPI_Bcast, &lowest_, 1, MPI_INT, 0, node_);
    }
    ~Neighbourhood() {
        if (node_ != MPI_COMM_NULL) MPI_Comm_free(&node_);
    }
    Neighbourhood(Neighbourhood const&) = delete;

    [[nodiscard]] int size() const {
        int ranks = 1;
        if (node_ != MPI_COMM_NULL) mpi_call("MPI_Comm_size", MPI_Comm_size, node_, &ranks);
        return ranks;
    }
    /// The lowest rank of them, which names the node.
    [[nodiscard]] int lowest() const { return lowest_; }
    /// Waits for all of them; true where it is true for all.
    [[nodiscard]] bool all(bool here) const {
        if (node_ == MPI_COMM_NULL) return here;
        int mine = here ? 1 : 0;
        int least = 0;
        mpi_call("MPI_Allreduce", MPI_Allreduce, &mine, &least, 1, MPI_INT, MPI_MIN, node_);
        return least != 0;
    }

  private:
    MPI_Comm node_ = MPI_COMM_NULL;
    int lowest_;
};

/// Process numbers mean something only to those for whom this is the same.
std::uint64_t process_namespace() {
    struct stat about {};
    return ::stat("/proc/self/ns/pid", &about) == 0 ? about.st_ino : 0;
}

bool is_readable(int fd) {
    pollfd look{fd, POLLIN, 0};
    return fd >= 0 && ::poll(&look, 1, 0) > 0;
}

std::size_t size_of(MPI_Status const& message) {
    int bytes = 0;
    mpi_call("MPI_Get_count", MPI_Get_count, &message, MPI_CHAR, &bytes);
    return static_cast<std::size_t>(bytes);
}

/// Those that the launcher and the system let this process run on.
cpu_set_t cores_of_this_process() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (::sched_getaffinity(0, sizeof cores, &cores) == 0) return cores;
    // There are more than fit: as many as do.
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &cores);
    return cores;
}

template <class RankInfo>
std::vector<RankInfo> exchange(mpi::communicator const& world, RankInfo const& mine) {
    std::vector<RankInfo> infos(static_cast<std::size_t>(world.size()));
    mpi_call("MPI_Allgather", MPI_Allgather, &mine,  // send
             static_cast<int>(sizeof mine),          // bytes
             MPI_BYTE,                               // as they are
             infos.data(),                           // receive
             static_cast<int>(sizeof mine),          // bytes from each
             MPI_BYTE,                               // as they are
             world);                                 // communicator
    return infos;
}

}  // namespace

struct World::Outgoing {
    mpi::request request;
    Rank to;
    Buffer own;
    std::function<void()> done;
};

World::World(std::uint64_t program_fingerprint, Ranks ranks, FarWaking far)
    : mpi_(ranks == Ranks::one ? nullptr : std::make_unique<Communicators>()),
      rank_{mpi_ ? mpi_->messages.rank() : 0} {
    bootstrap(program_fingerprint, far);
}

World::~World() = default;

void World::bootstrap(std::uint64_t program_fingerprint, FarWaking far) {
    RankInfo mine;
    mine.program = program_fingerprint;
    ::gethostname(mine.host.data(), mine.host.size() - 1);
    mine.doorbell = doorbell_.name();
    Neighbourhood const neighbourhood{mpi_ ? &mpi_->messages : nullptr};
    mine.node = neighbourhood.lowest();
    mine.pid = ::getpid();
    mine.processes = process_namespace();
    mine.cores = cores_of_this_process();
    if (mpi_ && far == FarWaking::datagrams && neighbourhood.size() < mpi_->messages.size()) {
        // Where Open MPI is told to keep to some networks, so does this.
        char const* const networks = std::getenv("OMPI_MCA_btl_tcp_if_include");
        remote_.emplace(host_addresses(networks ? networks : ""));
        mine.remote = remote_->name();
    }

    std::vector<RankInfo> const infos = mpi_ ? exchange(mpi_->messages, mine) : std::vector<RankInfo>{mine};
    check_programs(infos);
    count_cores(infos);
    learn(infos);
    lost_.resize(infos.size());
    std::vector<Rank> neighbours;
    std::vector<WakeSocket::Name> names;
    for (int rank = 0; rank < static_cast<int>(infos.size()); ++rank) {
        RankInfo const& info = infos[static_cast<std::size_t>(rank)];
        if (info.node != mine.node) continue;
        neighbours.push_back(Rank{rank});
        // One that cannot be seen from here is not watched.
        int const pid = info.processes == mine.processes ? info.pid : 0;
        UniqueFd process{pid == 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
        peers_.push_back({Rank{rank}, pid, std::move(process)});
        names.push_back(info.doorbell);
    }
    doorbell_.know(neighbours, names, rank_);
    bool const is_first = mine.node == rank_.value;
    // What is sent between these two is there at once, so that nobody waits for what does not come.
    bool const is_lent = neighbourhood.all(!is_first || doorbell_.lend());
    if (neighbourhood.all(is_lent && (is_first || doorbell_.borrow()))) return;
    doorbell_.do_without();
    if (is_first) {
        say("the ranks on " + hosts_[static_cast<std::size_t>(rank_.value)] +
            " cannot wake each other (they got no memory to share); each looks for messages every 10 ms");
    }
}

/// Who is where, and how those on other nodes are woken.
void World::learn(std::span<RankInfo const> infos) {
    std::vector<RemoteDoorbell::Name> names;
    for (RankInfo const& info : infos) {
        hosts_.emplace_back(info.host.data());
        nodes_.push_back(Rank{info.node});
        names.push_back(info.remote);
    }
    if (remote_) remote_->know(names, nodes_, rank_);
}

/// Ranks of a node may share cores.
void World::count_cores(std::span<RankInfo const> infos) {
    std::map<int, cpu_set_t> nodes;
    for (RankInfo const& info : infos) {
        cpu_set_t& node = nodes[info.node];
        CPU_OR(&node, &node, &info.cores);
    }
    for (auto const& [node, cores] : nodes) cores_ += static_cast<unsigned>(CPU_COUNT(&cores));
}

/// Throws, on every rank alike, where they differ; rank 0 has told it then.
void World::check_programs(std::span<RankInfo const> infos) const {
    for (std::size_t rank = 0; rank < infos.size(); ++rank) {
        if (infos[rank].program == infos[0].program) continue;
        // Said before any rank can have left: mpirun kills the others then.
        if (rank_ == Rank{0}) {
            say("rank " + std::to_string(rank) + " on " + infos[rank].host.data() +
                " runs another program than rank 0 (its table of tasks or its build differs). Start the same "
                "build on every rank?");
        }
        throw Error(std::string{});
    }
}

/// It may sleep, and there is something for it.
void World::wake(Rank rank) {
    if (remote_ && node(rank) != node(rank_)) return remote_->ring(rank);
    doorbell_.ring(rank);
}

void World::send(Rank to, Inbox inbox, Buffer message) {
    if (is_lost(to)) return;
    assert(mpi_ && "a rank sends itself nothing");
    auto const bytes = message.bytes();
    Outgoing& out = outgoing_.emplace_back(Outgoing{{}, to, std::move(message), {}});
    out.request =
        mpi_->messages.isend(to.value, static_cast<int>(inbox), reinterpret_cast<char const*>(bytes.data()),
                             static_cast<int>(bytes.size()));
    if (out.request.test()) outgoing_.pop_back();
    wake(to);
}

void World::send_in_place(Rank to, Inbox inbox, std::span<std::byte const> message,
                          std::function<void()> done) {
    if (is_lost(to)) return done();
    assert(mpi_ && "a rank sends itself nothing");
    mpi::request request =
        mpi_->messages.isend(to.value, static_cast<int>(inbox), reinterpret_cast<char const*>(message.data()),
                             static_cast<int>(message.size()));
    if (request.test()) {
        done();
    } else {
        outgoing_.emplace_back(Outgoing{std::move(request), to, {}, std::move(done)});
    }
    wake(to);
}

bool World::finish_sends() {
    bool any = false;
    for (auto out = outgoing_.begin(); out != outgoing_.end();) {
        if (out->request.test()) {
            if (out->done) out->done();
            out = outgoing_.erase(out);
            any = true;
        } else {
            // The receiver may have gone to sleep between two parts of the handshake.
            wake(out->to);
            ++out;
        }
    }
    return any;
}

bool World::poll(Receiver& receiver, int most) {
    if (!mpi_) return false;
    bool any = finish_sends();
    if (remote_ && remote_->is_calling()) remote_->call_again();
    for (int i = 0; i < most; ++i) {
        auto const status = mpi_->messages.iprobe();
        if (!status) break;
        any = true;
        if (remote_) remote_->heard(Rank{status->source()}, Clock::now());
        auto const inbox = static_cast<Inbox>(status->tag());
        auto const size = size_of(*status);
        auto const receive = [&](std::byte* to) {
            mpi_->messages.recv(status->source(), status->tag(), reinterpret_cast<char*>(to),
                                static_cast<int>(size));
        };
        if (is_lost(Rank{status->source()})) {
            Buffer late{size};
            receive(late.data());
        } else if (std::byte* place = receiver.place(inbox, size)) {
            receive(place);
            receiver.placed(inbox);
        } else {
            Buffer message{size};
            receive(message.data());
            receiver.arrived(inbox, std::move(message));
        }
    }
    return any;
}

std::vector<Rank> World::lost_here() const {
    std::vector<Rank> lost;
    for (Peer const& peer : peers_) {
        bool const is_gone = peer.pid != 0 && (is_readable(peer.process.get()) ||
                                               (::kill(peer.pid, 0) != 0 && errno == ESRCH));
        if (is_gone && !is_lost(peer.rank) && !doorbell_.has_announced_end(peer.rank)) {
            lost.push_back(peer.rank);
        }
    }
    return lost;
}

bool World::is_node_leader() const {
    // The lowest of those that live.
    auto const gone = lost_here();
    auto const lives = [&](Peer const& peer) {
        return !is_lost(peer.rank) && std::find(gone.begin(), gone.end(), peer.rank) == gone.end();
    };
    return std::find_if(peers_.begin(), peers_.end(), lives)->rank == rank_;
}

Rank World::neighbour() const {
    auto const living_after = [this](Rank rank) {
        return std::find_if(peers_.begin(), peers_.end(),
                            [&](Peer const& peer) { return rank < peer.rank && !is_lost(peer.rank); });
    };
    auto next = living_after(rank_);
    if (next == peers_.end()) next = living_after(Rank{-1});
    return next->rank;
}

int World::neighbour_fd() const {
    Rank const next = neighbour();
    if (next == rank_) return -1;
    return std::find_if(peers_.begin(), peers_.end(), [&](Peer const& peer) { return peer.rank == next; })
        ->process.get();
}

void World::mark_lost(Rank rank) {
    if (is_lost(rank)) return;
    lost_[static_cast<std::size_t>(rank.value)] = true;
    ++lost_count_;
    if (remote_) remote_->mark_lost(rank);
    std::list<std::function<void()>> done;
    for (auto out = outgoing_.begin(); out != outgoing_.end();) {
        auto const next = std::next(out);
        if (out->to == rank) {
            if (out->done) done.push_back(std::move(out->done));
            stranded_.splice(stranded_.end(), outgoing_, out);
        }
        out = next;
    }
    for (auto const& call : done) call();
}

std::int64_t World::longest_sleep_ns(std::chrono::nanoseconds idle) const {
    bool const everybody_rings = doorbell_.is_hung() && (!remote_ || remote_->is_hung());
    if (ranks_here() == size() && everybody_rings) return longest_ns;
    // In the midst of a talk short, so that an answer is late by a part of what it takes anyway.
    return std::clamp(static_cast<std::int64_t>(idle.count()) / 4, shortest_tick_ns,
                      everybody_rings && remote_ ? longest_ns : tick_ns);
}

bool World::leave(std::function<bool()> const& give_up, Deadline const& deadline) {
    if (is_whole() && leave_together(give_up, deadline)) return true;
    if (!give_up()) leave_without_lost(give_up);
    return false;
}

namespace {

/// Messages that come now are for workers that have ended.
class Discard : public Receiver {
    std::byte* place(Inbox, std::size_t) override { return nullptr; }
    void placed(Inbox) override {}
    void arrived(Inbox, Buffer) override {}
};

}  // namespace

bool World::leave_together(std::function<bool()> const& give_up, Deadline const& deadline) {
    if (!mpi_) return true;
    Discard discard;
    auto is_in_vain = [&, looks = 0]() mutable {
        if (give_up()) return true;
        return ++looks % 1024 == 0 && (deadline.passed() || !lost_here().empty());
    };
    while (busy()) {
        if (is_in_vain()) return false;
        poll(discard, 64);
    }
    MPI_Request barrier = MPI_REQUEST_NULL;
    mpi_call("MPI_Ibarrier", MPI_Ibarrier, mpi_->collectives, &barrier);
    for (int done = 0; done == 0;) {
        if (is_in_vain()) return false;
        mpi_call("MPI_Test", MPI_Test, &barrier, &done, MPI_STATUS_IGNORE);
        poll(discard, 64);
        ::sched_yield();
    }
    return true;
}

/// Rank 0 is to leave last, since some launchers end what is left when a rank has gone.
void World::leave_without_lost(std::function<bool()> const& give_up) {
    Discard discard;
    auto const deadline = Deadline::after(leave_timeout);
    auto const wait_for = [&](auto condition) {
        while (!condition() && !give_up() && !deadline.passed()) {
            poll(discard, 64);
            ::sched_yield();
        }
    };
    wait_for([&] { return !busy(); });
    if (rank_ != Rank{0}) {
        if (is_lost(Rank{0})) return;
        mpi::request leave = mpi_->collectives.isend(0, leave_tag);
        return wait_for([&] { return leave.test().has_value(); });
    }
    int left = size() - 1 - lost_count_;
    wait_for([&] {
        while (left > 0 && mpi_->collectives.iprobe(mpi::any_source, leave_tag)) {
            mpi_->collectives.recv(mpi::any_source, leave_tag);
            --left;
        }
        return left == 0;
    });
}

void World::abort(int exit_code) {
    if (mpi_) MPI_Abort(mpi_->messages, exit_code);
    std::_Exit(exit_code);
}

}  // namespace rankpool::transport
