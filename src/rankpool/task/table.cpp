// SPDX-License-Identifier: MIT
#include "rankpool/task/table.hpp"

#include "rankpool/core/error.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstring>
#include <string>
#include <string_view>

namespace rankpool::task {
namespace {

/// FNV-1a, 64 bit.
class Hash {
  public:
    void add(void const* data, std::size_t size) {
        auto const* bytes = static_cast<unsigned char const*>(data);
        for (std::size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001b3U;
    }
    [[nodiscard]] std::uint64_t value() const { return value_; }

  private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::uintptr_t offset_in_its_object(void const* address) {
    auto const number = reinterpret_cast<std::uintptr_t>(address);
    Dl_info info{};
    if (::dladdr(address, &info) == 0) return 0;
    // Shared objects are loaded at an address of their own in each process.
    return number - reinterpret_cast<std::uintptr_t>(info.dli_fbase);
}

std::size_t padded(std::size_t size) {
    return (size + 3) & ~std::size_t{3};
}

void add_build_id(Hash& hash, char const* notes, std::size_t size) {
    std::size_t at = 0;
    while (at + sizeof(ElfW(Nhdr)) <= size) {
        ElfW(Nhdr) header;
        std::memcpy(&header, notes + at, sizeof header);
        std::size_t const name = at + sizeof header;
        std::size_t const id = name + padded(header.n_namesz);
        if (header.n_type == NT_GNU_BUILD_ID && id + header.n_descsz <= size) {
            hash.add(notes + id, header.n_descsz);
        }
        at = id + padded(header.n_descsz);
    }
}

int add_executable(dl_phdr_info* object, std::size_t /*size*/, void* hash) {
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        ElfW(Phdr) const& header = object->dlpi_phdr[i];
        if (header.p_type != PT_NOTE) continue;
        auto const* notes = reinterpret_cast<char const*>(object->dlpi_addr + header.p_vaddr);
        add_build_id(*static_cast<Hash*>(hash), notes, header.p_memsz);
    }
    return 1;  // the executable comes first, and is all that is asked for
}

}  // namespace

FunctionId Table::add(Entry entry) {
    entries_.push_back(entry);
    return FunctionId{static_cast<std::uint32_t>(entries_.size() - 1)};
}

Table& table() {
    static Table the_table;
    return the_table;
}

std::uint64_t program_fingerprint() {
    Hash hash;
    ::dl_iterate_phdr(add_executable, &hash);
    for (Entry const& entry : table().entries()) {
        hash.add(entry.name, std::strlen(entry.name) + 1);
        auto const offset = offset_in_its_object(reinterpret_cast<void const*>(entry.load));
        hash.add(&offset, sizeof offset);
    }
    return hash.value();
}

std::unique_ptr<Program> load(FunctionId id, wire::Source& bound) {
    auto const entries = table().entries();
    if (id.value >= entries.size()) {
        throw UsageError("cannot find function " + std::to_string(id.value) + " (this program has " +
                         std::to_string(entries.size()) + "). Do all ranks run the same program?");
    }
    return entries[id.value].load(bound);
}

}  // namespace rankpool::task
