// SPDX-License-Identifier: MIT
#pragma once

#include <boost/serialization/nvp.hpp>

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// The result of a command that succeeded; its fields are the columns of the results.
struct CommandDone {
    std::string out;
    std::string err;
    double cpu_seconds = 0;
    std::int64_t command_memory = 0;
    std::uint64_t out_bytes = 0;  ///< written, which `out` has whole, unless it is not kept
    std::uint64_t err_bytes = 0;  ///< written, of which `err` may lack the middle

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(out) & BOOST_SERIALIZATION_NVP(err) &
            BOOST_SERIALIZATION_NVP(cpu_seconds) & BOOST_SERIALIZATION_NVP(command_memory) &
            BOOST_SERIALIZATION_NVP(out_bytes) & BOOST_SERIALIZATION_NVP(err_bytes);
    }
};

}  // namespace rankpool::batch
