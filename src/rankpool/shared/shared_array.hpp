// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared/value.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace rankpool {

namespace shared {

channel::Handle make_memory(std::uint64_t size);
/// Maps it here. Throws UsageError where it is of another node, ClosedError where it is gone.
std::shared_ptr<link::SharedMemory> map_memory(channel::Handle const& handle);
/// The size of so many. Throws UsageError where no memory is so large.
std::uint64_t bytes_for(std::size_t n, std::size_t each);

}  // namespace shared

/// Values in memory of its maker's node, as Python's multiprocessing.shared_memory
/// (https://docs.python.org/3/library/multiprocessing.shared_memory.html): made by Context::shared_array,
/// zeroed, and travels. Processes of that node read and write the same memory, without a message; what order
/// they see it in is theirs to care for, by a Lock or atomics (std::atomic_ref). It is freed with its last
/// holder. A span ends with the arrays of its process.
template <class T>
class SharedArray {
  public:
    SharedArray() { shared::require_plain<T>(); }
    explicit SharedArray(std::size_t n)
        : handle_(shared::make_memory(shared::bytes_for(n, sizeof(T)))), size_(n) {
        shared::require_plain<T>();
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    /// Throws UsageError in a process of another node.
    [[nodiscard]] std::span<T> span() const {
        if (!memory_) memory_ = shared::map_memory(handle_);
        return {reinterpret_cast<T*>(memory_->bytes().data()), size_};
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        if constexpr (Archive::is_loading::value) memory_.reset();
        handle_.serialize(archive, false);
        archive& size_;
    }

    channel::Handle handle_;
    std::size_t size_ = 0;
    mutable std::shared_ptr<link::SharedMemory> memory_;
};

}  // namespace rankpool
