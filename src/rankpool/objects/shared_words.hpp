// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/objects/object.hpp"
#include "rankpool/shared_ring/lock_word.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"
#include "rankpool/shared_ring/value_cell.hpp"

#include <deque>
#include <map>
#include <optional>

namespace rankpool::objects {

/// The words of a home's locks and small values in one piece of memory that processes of its node may map,
/// and the tokens by which these stand for themselves in locks.
class SharedWords {
  public:
    static constexpr std::uint32_t most = 16 * 1024;
    /// So many are not given again at once: processes of a lost rank may live on for a moment, and change
    /// what they had.
    static constexpr std::size_t most_resting = 1024;

    /// One of the words as long as this lives; none where there are no more, or no memory for them.
    class Share {
      public:
        explicit Share(SharedWords& words) : words_(words), index_(words.take()) {}
        ~Share() {
            if (index_) words_.give_back(*index_);
        }
        Share(Share const&) = delete;

        /// As what it is used as from its beginning to its end.
        [[nodiscard]] link::LockWord* lock() const { return as<link::LockWord>(); }
        [[nodiscard]] link::ValueCell* cell() const { return as<link::ValueCell>(); }
        [[nodiscard]] std::uint32_t index() const { return *index_; }
        [[nodiscard]] SharedWords& words() const { return words_; }

      private:
        template <class Word>
        [[nodiscard]] Word* as() const {
            // The memory is zeroed, and a word is nothing but a number.
            return index_ ? reinterpret_cast<Word*>(words_.place(*index_)) : nullptr;
        }

        SharedWords& words_;
        std::optional<std::uint32_t> index_;
    };

    /// As it is told to a process that is to map it.
    [[nodiscard]] link::WordPlace told_place() const;
    [[nodiscard]] link::SharedMemory const& memory() const { return *memory_; }
    /// Of a process that is to use the words.
    std::uint32_t token_of(Address process, link::ProcessName const& name);
    /// Nobody where there is no such token: a process's memory is damaged.
    [[nodiscard]] std::optional<Address> process_of(std::uint32_t token) const;
    /// Empty where there is no such token.
    [[nodiscard]] link::ProcessName name_of(std::uint32_t token) const;
    /// Their tokens will be others'. To be called when all locks know of their end.
    void forget(Ended const& ended);

  private:
    struct Process {
        Address address;
        link::ProcessName name{};
    };

    std::optional<std::uint32_t> take();
    void give_back(std::uint32_t index);
    void clear(std::uint32_t index) const;
    [[nodiscard]] std::byte* place(std::uint32_t index) const;

    std::unique_ptr<link::SharedMemory> memory_;
    std::uint32_t used_ = 0;
    std::deque<std::uint32_t> free_;  ///< the one that was given back first is in front
    std::map<Address, std::uint32_t> tokens_;
    std::map<std::uint32_t, Process> processes_;
};

}  // namespace rankpool::objects
