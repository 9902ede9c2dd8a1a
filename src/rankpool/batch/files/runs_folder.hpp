// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rankpool::batch {

/// The folder `runs` where one works, for runs that nobody has named a folder for. One that belongs to
/// another user is not used: he could put there what he likes. Throws InputError.
class RunsFolder {
  public:
    static constexpr auto name = "runs";

    enum class Missing { is_empty, is_made };
    explicit RunsFolder(Missing missing);

    /// True where a run of this name is there or has been submitted.
    [[nodiscard]] bool has(std::string const& run) const;
    /// Takes the name for a run that is submitted, by making its batch script, without content; false where
    /// the name is taken.
    [[nodiscard]] bool reserve(std::string const& run) const;
    /// Makes the folder of a run, and opens it; nothing where the name is taken.
    [[nodiscard]] UniqueFd make(std::string const& run) const;
    /// The names of this user's folders in which there is a database of his.
    [[nodiscard]] std::vector<std::string> own_runs() const;

  private:
    [[nodiscard]] bool is_there(std::string const& file) const;

    UniqueFd folder_;  ///< none where it is missing
};

}  // namespace rankpool::batch
