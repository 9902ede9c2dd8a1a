// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/input_error.hpp"

#include "jobs/parts/fasta.hpp"

#include <cstdint>
#include <sstream>
#include <string>

/// Whatever the bytes are: records that are what they should be, or an InputError.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::istringstream in{std::string{reinterpret_cast<char const*>(data), size}};
    try {
        auto const records = jobs::parse_fasta(in, "fuzz", "ACDEFGHIKLMNPQRSTVWYX*").records;
        if (records.empty()) __builtin_trap();
        for (auto const& [name, residues] : records) {
            if (name.empty() || residues.empty()) __builtin_trap();
            if (residues.find_first_not_of("ACDEFGHIKLMNPQRSTVWYX*") != std::string::npos) __builtin_trap();
        }
    } catch (rankpool::batch::InputError const&) {
    }
    return 0;
}
