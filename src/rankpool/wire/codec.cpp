// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include <boost/core/demangle.hpp>

namespace rankpool::wire::detail {
namespace {

[[noreturn]] void fail(std::string const& verb, std::type_info const& type) {
    std::string const what = "cannot " + verb + " a " + boost::core::demangle(type.name()) + " (";
    try {
        throw;
    } catch (LimitReached const&) {
        throw;
    } catch (StreamBroken const&) {
        throw;
    } catch (SerializationError const& error) {
        throw SerializationError(what + error.what() + ")");
    } catch (...) {
        CaughtError const caught = describe_current_exception();
        throw SerializationError(what + caught.type_name + ": " + caught.message +
                                 "). Look at what its serialize() throws");
    }
}

}  // namespace

void fail_to_encode(std::type_info const& type) {
    fail("encode", type);
}
void fail_to_decode(std::type_info const& type) {
    fail("decode", type);
}

}  // namespace rankpool::wire::detail
