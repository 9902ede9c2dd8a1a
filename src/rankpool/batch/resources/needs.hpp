// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// What a task has for itself while it runs.
struct Needs {
    unsigned cpus = 0;         ///< 0: it is not counted
    std::uint64_t memory = 0;  ///< bytes
    double gpus = 0;           ///< whole ones, or a part of one

    [[nodiscard]] bool is_none() const { return cpus == 0 && memory == 0 && gpus == 0; }

    /// As they are typed. Throw InputError, which names the option.
    void set_cpus(std::string const& text);
    void set_memory(std::string const& text);
    void set_gpus(std::string const& text);

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& cpus& memory& gpus;
    }
};

}  // namespace rankpool::batch
