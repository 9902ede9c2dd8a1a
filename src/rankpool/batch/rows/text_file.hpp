// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

namespace rankpool::batch {

/// What a file is read as.
enum class Content {
    text,   ///< UTF-8, or any bytes that begin like it: a byte order mark is taken away
    lines,  ///< the same, and all of "\n", "\r\n" and "\r" that end lines become "\n"
    bytes   ///< no text
};

/// A file that somebody gave to the program, as a stream of what it means: what gzip has packed is unpacked.
/// Every failure throws InputError that names the file, out of the stream as well: no such file, a folder,
/// an error of the disk, another compression, gzip that is damaged or cut off, and text in UTF-16 or UTF-32.
/// Holds no more than a piece of it.
///
///     TextFile file{"rows.csv"};
///     CsvReader reader{file.stream(), file.name()};
class TextFile {
  public:
    explicit TextFile(std::filesystem::path const& path, Content content = Content::text);
    /// The bytes of another stream instead of a file's.
    TextFile(std::istream& bytes, std::string name, Content content = Content::text);
    /// As a command line has it: `-` is standard input.
    static TextFile named(std::string const& word, Content content = Content::text);
    TextFile(TextFile&&) noexcept;
    ~TextFile();

    [[nodiscard]] std::istream& stream();
    /// True if the text begins so, of which nothing is taken; before anything is read.
    bool begins_with(std::string_view start);
    /// False where reading on would wait, as what comes on standard input may.
    [[nodiscard]] bool is_ready() const;
    /// For messages.
    [[nodiscard]] std::string const& name() const;

  private:
    class Buffer;
    explicit TextFile(std::unique_ptr<Buffer> buffer);

    std::unique_ptr<Buffer> buffer_;
    std::unique_ptr<std::istream> stream_;
    bool is_stdin_ = false;
};

}  // namespace rankpool::batch
