// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared_ring/value_cell.hpp"
#include "rankpool/sync/word_user.hpp"

namespace rankpool::shared {

/// A value that fits into a word, as this process sees it: read and changed there without a message.
class FastValue : public sync::WordUser {
  public:
    using WordUser::WordUser;
    static FastValue& of(channel::Handle const& handle) {
        return WordUser::of<FastValue>(handle, "a shared value");
    }

    /// Null where the home is to be asked.
    [[nodiscard]] link::ValueCell* cell() const { return cell_; }
    void forget() override { cell_ = nullptr; }

  private:
    void adopt(std::byte* word, link::SharedAnswer const& /*answer*/) override {
        cell_ = reinterpret_cast<link::ValueCell*>(word);
    }

    link::ValueCell* cell_ = nullptr;
};

}  // namespace rankpool::shared
