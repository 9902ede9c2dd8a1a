// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/input_error.hpp"

#include "jobs/parts/frame_filter.hpp"
#include "jobs/parts/y4m.hpp"

#include <cstdint>
#include <sstream>
#include <string>

/// Whatever the bytes are: frames of the size that the header says, which every filter takes, or an
/// InputError.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::istringstream in{std::string{reinterpret_cast<char const*>(data), size}};
    try {
        jobs::Y4mReader reader{in, "fuzz"};
        // A frame that cannot be in so few bytes would only cost time.
        if (reader.header().format.frame_bytes() > size) return 0;
        while (auto frame = reader.next()) {
            for (auto const kind :
                 {jobs::FilterKind::grey, jobs::FilterKind::blur, jobs::FilterKind::edges}) {
                auto const after = jobs::filtered({kind, 2}, reader.header().format, *frame);
                if (after.samples.size() != frame->samples.size()) __builtin_trap();
            }
        }
    } catch (rankpool::batch::InputError const&) {
    }
    return 0;
}
