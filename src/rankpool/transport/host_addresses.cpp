// SPDX-License-Identifier: MIT
#include "rankpool/transport/host_addresses.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <system_error>

namespace rankpool::transport {
namespace {

/// True for an address in a network such as 10.1.0.0/16.
bool is_in(std::string const& network, std::uint32_t address) {
    std::size_t const slash = std::min(network.find('/'), network.size());
    in_addr prefix{};
    unsigned bits = 0;
    char const* const end = network.data() + network.size();
    auto const [rest, error] =
        std::from_chars(network.data() + std::min(slash + 1, network.size()), end, bits);
    bool const is_network = ::inet_pton(AF_INET, network.substr(0, slash).c_str(), &prefix) == 1 &&
                            error == std::errc{} && rest == end && bits <= 32;
    if (!is_network) return false;
    std::uint32_t const mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
    return ((ntohl(prefix.s_addr) ^ ntohl(address)) & mask) == 0;
}

bool is_named(std::string_view names, std::string_view interface, std::uint32_t address) {
    if (names.empty()) return true;
    while (!names.empty()) {
        std::string_view const name = names.substr(0, names.find(','));
        if (name == interface || is_in(std::string{name}, address)) return true;
        names.remove_prefix(std::min(name.size() + 1, names.size()));
    }
    return false;
}

}  // namespace

std::vector<std::uint32_t> host_addresses(std::string_view only) {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {};
    std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> const all{first, &::freeifaddrs};
    std::vector<std::uint32_t> found;
    for (ifaddrs const* each = all.get(); each; each = each->ifa_next) {
        bool const is_ipv4 = each->ifa_addr && each->ifa_addr->sa_family == AF_INET;
        if (!is_ipv4 || (each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
        auto const address = reinterpret_cast<sockaddr_in const*>(each->ifa_addr)->sin_addr.s_addr;
        if (is_named(only, each->ifa_name, address)) found.push_back(address);
    }
    return found;
}

}  // namespace rankpool::transport
