// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/text_file.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/rows/gzip.hpp"
#include "rankpool/batch/rows/text_encoding.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <string_view>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t text_piece = 64 * 1024;
/// By so many bytes every kind of content is known.
constexpr std::size_t enough = 16;

[[noreturn]] void fail(std::string const& name, std::string const& why, std::string const& suggestion) {
    throw InputError("cannot read " + name + " (" + why + "). " + suggestion);
}

void refuse_folder(int fd, std::string const& name) {
    struct ::stat status {};
    if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        fail(name, "it is a folder", "Name a file in it?");
    }
}

/// Reads what is there; waits where somebody has made the descriptor one that does not.
std::size_t read_some(int fd, std::span<char> room, std::string const& name) {
    for (;;) {
        auto const count = ::read(fd, room.data(), room.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EAGAIN) {
            pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
            ::poll(&wanted, 1, -1);
        } else if (errno != EINTR) {
            fail(name, std::strerror(errno), "Can it be read otherwise?");
        }
    }
}

ByteReader read_from(int fd, std::string name) {
    refuse_folder(fd, name);
    return [fd, name = std::move(name)](std::span<char> room) { return read_some(fd, room, name); };
}

ByteReader read_file(std::filesystem::path const& path) {
    // Shared, since functions are copied.
    auto const fd = std::make_shared<UniqueFd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd->get() < 0) {
        throw InputError("cannot open " + path.string() + " (" + std::strerror(errno) +
                         "). Is its name right?");
    }
    return [fd, read = read_from(fd->get(), path.string())](std::span<char> room) { return read(room); };
}

ByteReader read_stream(std::istream& in, std::string name) {
    return [&in, name = std::move(name)](std::span<char> room) {
        in.read(room.data(), static_cast<std::streamsize>(room.size()));
        if (in.bad()) fail(name, std::strerror(errno), "Can it be read otherwise?");
        return static_cast<std::size_t>(in.gcount());
    };
}

}  // namespace

class TextFile::Buffer : public std::streambuf {
  public:
    Buffer(ByteReader bytes, std::string name, Content content)
        : bytes_(std::move(bytes)), name_(std::move(name)), content_(content) {}
    Buffer(Buffer const&) = delete;

    [[nodiscard]] std::string const& name() const { return name_; }
    [[nodiscard]] bool has_bytes() const { return gptr() != egptr() || !start_.empty(); }
    bool begins_with(std::string_view text) {
        if (!begun_) begin();
        bool has_more = true;
        while (has_more && start_.size() < text.size() && text.starts_with(start_)) has_more = read_more();
        return start_.starts_with(text);
    }

  protected:
    int_type underflow() override {
        if (!begun_) begin();
        while (gptr() == egptr()) {
            std::size_t const count = start_.empty() ? read(piece_) : take_start();
            if (count == 0) return traits_type::eof();
            setg(piece_.data(), piece_.data(), piece_.data() + with_plain_ends(count));
        }
        return traits_type::to_int_type(*gptr());
    }

  private:
    std::size_t read(std::span<char> room) {
        try {
            return gunzip_ ? gunzip_->read(room) : bytes_(room);
        } catch (InputError const&) {
            throw;
        } catch (std::runtime_error const& error) {
            fail(name_, error.what(), "Is the file whole?");
        }
    }

    /// Reads as much as the content is known by, and finds out what it is.
    void begin() {
        begun_ = true;
        peek();
        if (is_gzip(start_)) {
            gunzip_.emplace([packed = std::exchange(start_, {}),
                             bytes = std::move(bytes_)](std::span<char> room) mutable -> std::size_t {
                if (packed.empty()) return bytes(room);
                auto const count = std::min(packed.size(), room.size());
                std::copy_n(packed.data(), count, room.data());
                packed.erase(0, count);
                return count;
            });
            peek();
        }
        refuse(compressed(start_));
        if (content_ == Content::bytes) return;
        refuse(foreign_text(start_));
        if (start_.starts_with(byte_order_mark)) start_.erase(0, byte_order_mark.size());
    }

    void peek() {
        // A line says it as well, and of a stream may be all that comes for long.
        bool has_more = true;
        while (has_more && start_.size() < enough && start_.find('\n') == std::string::npos) {
            has_more = read_more();
        }
    }

    bool read_more() {
        auto const count = read(piece_);
        start_.append(piece_.data(), count);
        return count > 0;
    }

    void refuse(ForeignContent const& found) const {
        if (!found.what.empty()) fail(name_, "it is " + found.what, found.suggestion);
    }

    std::size_t take_start() {
        auto const count = std::min(start_.size(), piece_.size());
        std::copy_n(start_.data(), count, piece_.data());
        start_.erase(0, count);
        return count;
    }

    /// Makes all ends of lines in the piece "\n" if that is wanted; the size that is left.
    std::size_t with_plain_ends(std::size_t size) {
        if (content_ != Content::lines) return size;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size; ++i) {
            char const letter = piece_[i];
            bool const is_second = letter == '\n' && after_return_;
            after_return_ = letter == '\r';
            if (!is_second) piece_[kept++] = after_return_ ? '\n' : letter;
        }
        return kept;
    }

    ByteReader bytes_;
    std::optional<Gunzip> gunzip_;
    std::string name_;
    Content content_;
    bool begun_ = false;
    bool after_return_ = false;
    std::string start_;  ///< was read to see what it is
    std::array<char, text_piece> piece_{};
};

TextFile::TextFile(std::unique_ptr<Buffer> buffer)
    : buffer_(std::move(buffer)), stream_(std::make_unique<std::istream>(buffer_.get())) {
    // What the buffer throws is not to become a bit of the stream.
    stream_->exceptions(std::ios::badbit);
}
TextFile::TextFile(std::filesystem::path const& path, Content content)
    : TextFile(std::make_unique<Buffer>(read_file(path), path.string(), content)) {}
TextFile::TextFile(std::istream& bytes, std::string name, Content content)
    : TextFile(std::make_unique<Buffer>(read_stream(bytes, name), name, content)) {}
TextFile::TextFile(TextFile&&) noexcept = default;
TextFile::~TextFile() = default;

TextFile TextFile::named(std::string const& word, Content content) {
    if (word != "-") return TextFile{std::filesystem::path{word}, content};
    std::string const name = "standard input";
    TextFile file{std::make_unique<Buffer>(read_from(STDIN_FILENO, name), name, content)};
    file.is_stdin_ = true;
    return file;
}

std::istream& TextFile::stream() {
    return *stream_;
}

bool TextFile::begins_with(std::string_view start) {
    return buffer_->begins_with(start);
}

bool TextFile::is_ready() const {
    if (!is_stdin_ || buffer_->has_bytes()) return true;
    pollfd wanted{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, 0) != 0;
}

std::string const& TextFile::name() const {
    return buffer_->name();
}

}  // namespace rankpool::batch
