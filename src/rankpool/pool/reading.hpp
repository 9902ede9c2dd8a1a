// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace rankpool::pool {

class Call;

/// What this process waits for, where that is known: a call or none. Else it may be anything.
struct Awaited {
    bool is_known = false;
    Call const* call = nullptr;
};

/// Lives while the inputs of a call are read: by the user's range, which may wait for other calls, whose
/// inputs are read meanwhile, and so on. Of the calls that were there before a reading began, younger ones
/// may want results of the one that is read; they must not be read inside it, as these could not come.
class Reading {
  public:
    explicit Reading(Call& call);
    ~Reading();
    Reading(Reading const&) = delete;

    /// True unless it is known what this process waits for, and that can come without reading this call.
    static bool allows(Call const& call);
    /// True where this process waits for just this call.
    static bool is_awaited(Call const& call);
    /// Numbers calls by their age, from 1.
    static std::uint64_t next_birth();

  private:
    Call& call_;
    std::uint64_t born_before_;
    Reading const* outer_;
    Awaited awaited_;
};

/// While it lives this process waits for that call, or for none where that is null.
class Awaiting {
  public:
    explicit Awaiting(Call const* call) : Awaiting(Awaited{true, call}) {}
    explicit Awaiting(Awaited const& what);
    ~Awaiting();
    Awaiting(Awaiting const&) = delete;

  private:
    Awaited outer_;
};

}  // namespace rankpool::pool
