// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/word_user.hpp"

namespace rankpool::shared {

/// A value that fits into a word, or an array of elements of 1, 2, 4 or 8 bytes, as this process sees it:
/// used in its home's memory without a message.
class MappedBytes : public sync::WordUser {
  public:
    using WordUser::WordUser;
    static MappedBytes& of(channel::Handle const& handle) {
        return WordUser::of<MappedBytes>(handle, "a shared value");
    }

    /// Null where the home is to be asked.
    [[nodiscard]] std::byte* bytes() const { return bytes_; }
    void forget() override { bytes_ = nullptr; }

  private:
    void adopt(std::byte* memory, link::SharedAnswer const& /*answer*/) override { bytes_ = memory; }

    std::byte* bytes_ = nullptr;
};

}  // namespace rankpool::shared
