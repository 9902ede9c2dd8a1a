// SPDX-License-Identifier: MIT
#include "jobs/parts/png_file.hpp"

#include "rankpool/batch/output_file.hpp"

#include <png.h>

#include <csetjmp>
#include <new>
#include <stdexcept>
#include <string>

namespace jobs {
namespace {

constexpr std::size_t piece = 1 << 20;

}  // namespace

/// libpng leaves its functions by longjmp when it fails: each is called where nothing else is.
class PngFile::State {
  public:
    State(std::filesystem::path const& path, std::size_t width, std::size_t height)
        : file_(path), width_(width), height_(height) {
        png_ = ::png_create_write_struct(PNG_LIBPNG_VER_STRING, this, &State::fail, &State::warn);
        if (!png_) throw std::bad_alloc{};
        info_ = ::png_create_info_struct(png_);
        if (!info_) throw std::bad_alloc{};
        ::png_set_write_fn(png_, this, &State::append, &State::flush);
        done(begin());
    }
    State(State const&) = delete;
    ~State() { ::png_destroy_write_struct(&png_, &info_); }

    void write_row(std::span<std::uint8_t const> pixels) {
        if (pixels.size() != 3 * width_ || rows_ == height_) {
            throw std::out_of_range("a row that the picture has no place for");
        }
        ++rows_;
        done(row(pixels.data()));
        if (bytes_.size() >= piece) hand_on();
    }

    void commit() {
        if (rows_ != height_) throw std::out_of_range("a picture of which rows are missing");
        done(end());
        hand_on();
        file_.commit();
    }

  private:
    bool begin() {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        ::png_set_IHDR(png_, info_, static_cast<png_uint_32>(width_), static_cast<png_uint_32>(height_), 8,
                       PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                       PNG_FILTER_TYPE_DEFAULT);
        ::png_set_sRGB(png_, info_, PNG_sRGB_INTENT_PERCEPTUAL);
        ::png_write_info(png_, info_);
        return true;
    }
    bool row(png_const_bytep pixels) {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        ::png_write_row(png_, pixels);
        return true;
    }
    bool end() {
        if (setjmp(png_jmpbuf(png_)) != 0) return false;
        ::png_write_end(png_, nullptr);
        return true;
    }

    void done(bool is_good) const {
        if (!is_good) throw std::runtime_error("no PNG of the picture (" + problem_ + ")");
    }
    void hand_on() {
        file_.write(bytes_);
        bytes_.clear();
    }

    static void append(png_structp png, png_bytep bytes, std::size_t size) {
        auto& self = *static_cast<State*>(::png_get_io_ptr(png));
        bool is_good = true;
        try {
            self.bytes_.append(reinterpret_cast<char const*>(bytes), size);
        } catch (std::bad_alloc const&) {
            is_good = false;
        }
        if (!is_good) ::png_error(png, "out of memory");
    }
    static void flush(png_structp /*png*/) {}
    [[noreturn]] static void fail(png_structp png, png_const_charp text) {
        static_cast<State*>(::png_get_error_ptr(png))->problem_ = text;
        ::png_longjmp(png, 1);
    }
    static void warn(png_structp /*png*/, png_const_charp /*text*/) {}

    rankpool::batch::OutputFile file_;
    std::size_t width_;
    std::size_t height_;
    std::size_t rows_ = 0;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::string bytes_;  ///< on their way to the file
    std::string problem_;
};

PngFile::PngFile(std::filesystem::path const& path, std::size_t width, std::size_t height)
    : state_(std::make_unique<State>(path, width, height)) {}
PngFile::~PngFile() = default;

void PngFile::write_row(std::span<std::uint8_t const> pixels) {
    state_->write_row(pixels);
}

void PngFile::commit() {
    state_->commit();
}

}  // namespace jobs
