// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/job/config_file.hpp"
#include "rankpool/batch/words/word_template.hpp"

#include "jobs/parts/number_list.hpp"

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

/// Whatever the bytes are: options of a file, which come back when they are written, lists of numbers and
/// templates, or nothing, or an InputError.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    try {
        std::istringstream in{text};
        for (auto const& item : rankpool::batch::read_config(in, "fuzz")) {
            std::istringstream again{rankpool::batch::config_line(item)};
            auto const back = rankpool::batch::read_config(again, "again");
            if (back.size() != 1 || back.front().name != item.name) __builtin_trap();
            if (back.front().values != item.values || back.front().is_list != item.is_list) __builtin_trap();
        }
    } catch (rankpool::batch::InputError const&) {
    }
    // Ten million numbers are allowed, but slow.
    if (size < 12) (void)jobs::parse_numbers(text);
    try {
        rankpool::batch::WordTemplate const word{text, {{"a", "b"}, {}}};
        (void)word.fill({{"1", "2"}});
    } catch (rankpool::batch::InputError const&) {
    }
    return 0;
}
