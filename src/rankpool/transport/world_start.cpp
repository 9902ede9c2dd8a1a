// SPDX-License-Identifier: MIT
// How the ranks find one another when they start.
#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/transport/communicators.hpp"
#include "rankpool/transport/host_addresses.hpp"
#include "rankpool/transport/mpi_call.hpp"
#include "rankpool/transport/world.hpp"

#include <mpi.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
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

}  // namespace rankpool::transport
