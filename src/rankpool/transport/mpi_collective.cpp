// SPDX-License-Identifier: MIT
#include "rankpool/transport/mpi_collective.hpp"

#include "rankpool/transport/communicators.hpp"
#include "rankpool/transport/mpi_call.hpp"

#include <mpi.h>

#include <algorithm>

namespace rankpool::transport {

struct MpiCollective::Request {
    MPI_Request mpi = MPI_REQUEST_NULL;
};

MpiCollective::MpiCollective(World& world) : world_(world), request_(std::make_unique<Request>()) {}

MpiCollective::~MpiCollective() = default;

void MpiCollective::start_broadcast(std::span<std::byte> bytes, Rank root) {
    if (!world_.communicators()) return;
    mpi_call("MPI_Ibcast", MPI_Ibcast, bytes.data(),  // buffer
             static_cast<int>(bytes.size()),          // bytes
             MPI_BYTE,                                // as they are
             root.value,                              // root
             world_.communicators()->collectives,     // communicator
             &request_->mpi);                         // request
}

void MpiCollective::set_places(std::vector<int> const& sizes) {
    sizes_ = sizes;
    places_.assign(sizes.size(), 0);
    for (std::size_t i = 1; i < sizes.size(); ++i) places_[i] = places_[i - 1] + sizes[i - 1];
}

void MpiCollective::start_scatter(std::span<std::byte const> bytes, std::vector<int> const& sizes,
                                  std::span<std::byte> mine, Rank root) {
    if (!world_.communicators()) {
        std::ranges::copy(bytes.first(mine.size()), mine.begin());
        return;
    }
    set_places(sizes);
    mpi_call("MPI_Iscatterv", MPI_Iscatterv, bytes.data(),  // send, at the root
             sizes_.data(),                                 // bytes for each
             places_.data(),                                // where they begin
             MPI_BYTE,                                      // as they are
             mine.data(),                                   // receive
             static_cast<int>(mine.size()),                 // bytes
             MPI_BYTE,                                      // as they are
             root.value,                                    // root
             world_.communicators()->collectives,           // communicator
             &request_->mpi);                               // request
}

void MpiCollective::start_gather(std::span<std::byte const> mine, std::span<std::byte> bytes,
                                 std::vector<int> const& sizes, Rank root) {
    if (!world_.communicators()) {
        std::ranges::copy(mine, bytes.begin());
        return;
    }
    set_places(sizes);
    mpi_call("MPI_Igatherv", MPI_Igatherv, mine.data(),  // send
             static_cast<int>(mine.size()),              // bytes
             MPI_BYTE,                                   // as they are
             bytes.data(),                               // receive, at the root
             sizes_.data(),                              // bytes from each
             places_.data(),                             // where they begin
             MPI_BYTE,                                   // as they are
             root.value,                                 // root
             world_.communicators()->collectives,        // communicator
             &request_->mpi);                            // request
}

bool MpiCollective::is_done() {
    if (!world_.communicators()) return true;
    int done = 1;
    mpi_call("MPI_Test", MPI_Test, &request_->mpi, &done, MPI_STATUS_IGNORE);
    return done != 0;
}

}  // namespace rankpool::transport
