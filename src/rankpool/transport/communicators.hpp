// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/transport/world.hpp"

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>

namespace rankpool::transport {

/// What is MPI's own, kept from the rest of the program. Messages and collectives have a communicator each.
class World::Communicators {
  public:
    // Without its abort on exceptions, so that the reason can be told first.
    boost::mpi::environment environment{boost::mpi::threading::funneled, false};
    boost::mpi::communicator messages;
    boost::mpi::communicator collectives{messages, boost::mpi::comm_duplicate};
};

}  // namespace rankpool::transport
