// SPDX-License-Identifier: MIT
#pragma once

#include <boost/mpi/exception.hpp>
#include <mpi.h>

namespace rankpool::transport {

/// Calls a function of MPI's and looks at what it returns, as Boost.MPI does for its own:
/// `mpi_call("MPI_Bcast", MPI_Bcast, ...)`. Throws boost::mpi::exception, which says what MPI says of it,
/// where Open MPI has not ended the rank before that, as it does by default.
template <class Function, class... Arguments>
void mpi_call(char const* name, Function* function, Arguments... arguments) {
    if (int const code = function(arguments...); code != MPI_SUCCESS) throw boost::mpi::exception(name, code);
}

}  // namespace rankpool::transport
