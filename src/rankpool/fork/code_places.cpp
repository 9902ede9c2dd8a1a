// SPDX-License-Identifier: MIT
#include "rankpool/fork/code_places.hpp"

#include <link.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace rankpool::supervisor {
namespace {

/// Enough for places in files with long names; they travel in one frame.
constexpr std::size_t most_text = 16 * 1024;

struct Search {
    std::uintptr_t place;
    std::string found;
};

/// A module has the place if one of its segments does.
int look_in(dl_phdr_info* module, std::size_t /*size*/, void* data) {
    auto& search = *static_cast<Search*>(data);
    for (int i = 0; i < module->dlpi_phnum; ++i) {
        ElfW(Phdr) const& segment = module->dlpi_phdr[i];
        std::uintptr_t const begin = module->dlpi_addr + segment.p_vaddr;
        if (segment.p_type != PT_LOAD || search.place < begin || search.place - begin >= segment.p_memsz)
            continue;
        std::array<char, 24> offset{};
        std::snprintf(offset.data(), offset.size(), "+0x%zx", search.place - module->dlpi_addr);
        search.found = std::string{module->dlpi_name} + offset.data();
        return 1;
    }
    return 0;
}

}  // namespace

std::string code_places(link::CrashTrace const& trace) {
    // It is the worker's own memory.
    std::size_t const count = std::min<std::size_t>(trace.count.load(), link::CrashTrace::most);
    std::string lines;
    for (std::size_t i = 0; i < count && lines.size() < most_text; ++i) {
        Search search{trace.places.at(i).load(), "?"};
        ::dl_iterate_phdr(look_in, &search);
        lines += search.found + '\n';
    }
    return lines;
}

}  // namespace rankpool::supervisor
