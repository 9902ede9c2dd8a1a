// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// Where in a shell's text something stands.
enum class ShellPlace { plain, single_quotes, double_quotes, comment };

/// Follows a shell's text (POSIX's) from its start, to tell where the next letter stands; $(...) in double
/// quotes begins anew.
class ShellReader {
  public:
    void read(std::string_view text);
    [[nodiscard]] ShellPlace place() const { return in_comment_ ? ShellPlace::comment : places_.back(); }
    /// Why no value can stand here safely, such as `a backslash before it`; empty where one can.
    [[nodiscard]] std::string problem() const;

  private:
    void read_plain(char letter);

    std::vector<ShellPlace> places_{ShellPlace::plain};  ///< one in the other
    std::vector<std::size_t> parentheses_{0};            ///< open, for each of these that is plain
    char before_ = '\n';
    bool is_escaped_ = false;
    bool in_comment_ = false;
    bool in_backticks_ = false;
    bool in_dollar_quotes_ = false;
    enum class HereDocument { none, announced, begun } here_document_ = HereDocument::none;
};

/// The value as it must stand there for the shell to see its letters and nothing else.
std::string quoted_within(ShellPlace place, std::string_view value);

}  // namespace rankpool::batch
