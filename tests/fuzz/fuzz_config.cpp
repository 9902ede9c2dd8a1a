// SPDX-License-Identifier: MIT
#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/option_text.hpp"
#include "rankpool/batch/word_template.hpp"

#include "jobs/parts/number_list.hpp"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

/// Whatever the bytes are: options of a file, lists of numbers and templates, or nothing, or an
/// InputError.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    try {
        std::istringstream in{text};
        for (auto const& word : rankpool::batch::words_of_config(in, "fuzz")) {
            if (!word.starts_with("--")) __builtin_trap();
        }
    } catch (rankpool::batch::InputError const&) {
    }
    // Ten million numbers are allowed, but slow.
    if (size < 12) (void)jobs::parse_numbers(text);
    try {
        rankpool::batch::WordTemplate const word{text, {"a", "b"}};
        (void)word.fill({"1", "2"});
    } catch (rankpool::batch::InputError const&) {
    }
    return 0;
}
