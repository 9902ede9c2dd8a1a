// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// Where in a shell's text something stands.
enum class ShellPlace { plain, single_quotes, double_quotes, comment };

/// Follows a shell's text (POSIX's and bash's) from its start, to tell where the next letter stands; $(...)
/// in double quotes begins anew. Where shells differ, or it cannot follow, no value can stand any more. What
/// a command makes of its words, as `eval` does and `[[ ... -eq ... ]]`, is not seen.
class ShellReader {
  public:
    void read(std::string_view text);
    /// A value comes next, as quoted_within gives it.
    void read_value();
    [[nodiscard]] ShellPlace place() const;
    /// Why the value cannot stand here safely, such as `a backslash before it`; empty where it can.
    [[nodiscard]] std::string problem(std::string_view value) const;

  private:
    enum class Within { plain, single_quotes, double_quotes, braces, arithmetic };
    struct Level {
        Within within = Within::plain;
        std::size_t parentheses = 0;  ///< open in it
        bool is_in_quotes = false;    ///< a shell may take quotes in it for letters
    };

    void read_letter(char letter);
    void read_escaped(char letter);
    void read_unquoted(char letter, char before);
    void read_command(char letter, char before);
    void open(char before);
    void close();
    void end_line();
    void enter(Within within);
    void leave();
    void lose(std::string_view why);

    std::vector<Level> levels_{Level{}};  ///< one in the other
    std::string lost_;                    ///< why the place is not known any more
    std::string word_;                    ///< that the next letter may continue, or one as good
    std::size_t subscripts_ = 0;          ///< open brackets after a name
    char before_ = '\n';
    bool after_two_dollars_ = false;
    bool is_escaped_ = false;
    bool in_comment_ = false;
    bool in_backticks_ = false;
    bool in_dollar_quotes_ = false;
    enum class HereDocument { none, announced, begun } here_document_ = HereDocument::none;
};

/// The value as it must stand there for the shell to see its letters and nothing else.
std::string quoted_within(ShellPlace place, std::string_view value);

}  // namespace rankpool::batch
