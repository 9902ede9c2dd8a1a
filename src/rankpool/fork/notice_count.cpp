// SPDX-License-Identifier: MIT
#include "rankpool/fork/notice_count.hpp"

#include <sys/mman.h>

#include <new>

namespace rankpool::supervisor {
namespace {

constexpr std::size_t page = 4096;

}  // namespace

NoticeCount::NoticeCount() {
    void* const place = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place != MAP_FAILED) shared_ = new (place) std::atomic<std::uint32_t>{0};
}

NoticeCount::~NoticeCount() {
    if (shared_) ::munmap(shared_, page);
}

void NoticeCount::keep_to_itself() {
    if (shared_) ::madvise(shared_, page, MADV_DONTFORK);
}

}  // namespace rankpool::supervisor
