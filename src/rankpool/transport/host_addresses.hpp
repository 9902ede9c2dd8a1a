// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rankpool::transport {

/// The IPv4 addresses of this host's interfaces that are up, the loopback left out, in network order. With
/// `only`, those that it names, as Open MPI's btl_tcp_if_include does: interfaces and networks
/// ("ib0,10.1.0.0/16"), separated by commas. What makes no sense in it names nothing.
std::vector<std::uint32_t> host_addresses(std::string_view only = {});

}  // namespace rankpool::transport
