// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/text_encoding.hpp"

#include <array>
#include <cstddef>

namespace rankpool::batch {
namespace {

using namespace std::string_view_literals;

struct Magic {
    std::string_view bytes;
    std::string_view what;
    std::string_view suggestion;
};

constexpr std::array magics{
    Magic{"\x1f\x8b"sv, "compressed by gzip", "Unpack it first: gunzip."},
    Magic{"\xfd"
          "7zXZ\0"sv,
          "compressed by xz", "Unpack it first: unxz."},
    Magic{"\x28\xb5\x2f\xfd"sv, "compressed by zstd", "Unpack it first: unzstd."},
    Magic{"\x04\x22\x4d\x18"sv, "compressed by lz4", "Unpack it first: unlz4."},
    Magic{"\x1f\x9d"sv, "compressed by compress", "Unpack it first: gunzip."},
    Magic{"PK\x03\x04"sv, "a ZIP archive, as Excel's .xlsx files are",
          "Save it as CSV, or unpack it first: unzip."},
    Magic{"7z\xbc\xaf\x27\x1c"sv, "a 7z archive", "Unpack it first."},
    Magic{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "a file of old Microsoft Office", "Save it as CSV."},
};

/// Its first letters alone could be the beginning of a word.
bool is_bzip2(std::string_view start) {
    return start.starts_with("BZh") && start.size() >= 10 &&
           (start.substr(4, 6) == "1AY&SY" || start.substr(4, 6) == "\x17rE8P\x90");
}

ForeignContent wide(std::string_view name) {
    return {std::string{name} + " text",
            "Save it as UTF-8, or: iconv -f " + std::string{name} + " -t UTF-8."};
}

/// How many bytes are zero at each place of a group of four.
std::array<std::size_t, 4> zeros_in(std::string_view text) {
    std::array<std::size_t, 4> zeros{};
    for (std::size_t i = 0; i < text.size(); ++i) zeros[i % 4] += text[i] == '\0' ? 1U : 0U;
    return zeros;
}

}  // namespace

ForeignContent foreign_text(std::string_view start) {
    if (start.starts_with("\xff\xfe\0\0"sv) || start.starts_with("\0\0\xfe\xff"sv)) return wide("UTF-32");
    if (start.starts_with("\xff\xfe") || start.starts_with("\xfe\xff")) return wide("UTF-16");
    auto const groups = start.size() / 4;
    if (groups == 0) return {};
    auto const zeros = zeros_in(start.substr(0, 4 * groups));
    // Of four bytes, a letter has one or two in UTF-32; in UTF-16 most letters have one of two.
    if (zeros[2] == groups && zeros[3] == groups && zeros[0] == 0) return wide("UTF-32LE");
    if (zeros[0] == groups && zeros[1] == groups && zeros[3] == 0) return wide("UTF-32BE");
    if (zeros[0] + zeros[2] == 0 && zeros[1] + zeros[3] > groups) return wide("UTF-16LE");
    if (zeros[1] + zeros[3] == 0 && zeros[0] + zeros[2] > groups) return wide("UTF-16BE");
    return {};
}

ForeignContent compressed(std::string_view start) {
    if (is_bzip2(start)) return {"compressed by bzip2", "Unpack it first: bunzip2."};
    for (auto const& [bytes, what, suggestion] : magics) {
        if (start.starts_with(bytes)) return {std::string{what}, std::string{suggestion}};
    }
    return {};
}

bool is_gzip(std::string_view start) {
    return start.starts_with(magics.front().bytes);
}

}  // namespace rankpool::batch
