// SPDX-License-Identifier: MIT
#include "jobs/parts/y4m.hpp"

#include "rankpool/batch/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <istream>
#include <sstream>
#include <utility>

namespace jobs {
namespace {

using rankpool::batch::InputError;

constexpr std::size_t longest_line = 4096;
constexpr std::size_t longest_side = 16384;
constexpr std::size_t longest_quoted = 60;

std::size_t side_in(std::string_view text) {
    std::size_t side = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    bool const good = error == std::errc{} && end == text.data() + text.size() && side <= longest_side;
    return good ? side : 0;
}

/// A kind of colours, without the number of bits.
struct Colours {
    std::string_view name;
    std::size_t across;  ///< by how much the colour planes are smaller
    std::size_t down;
    std::size_t planes;  ///< of colour and alpha
    bool has_depths;     ///< there are kinds with more bits
};
constexpr std::array kinds{Colours{"420", 2, 2, 2, true},       Colours{"420jpeg", 2, 2, 2, false},
                           Colours{"420mpeg2", 2, 2, 2, false}, Colours{"420paldv", 2, 2, 2, false},
                           Colours{"411", 4, 1, 2, false},      Colours{"422", 2, 1, 2, true},
                           Colours{"444", 1, 1, 2, true},       Colours{"444alpha", 1, 1, 3, false},
                           Colours{"mono", 1, 1, 0, true}};

/// The bits that a kind's name ends with: `p10` of 420p10, `12` of mono12; 8 where it ends with none, 0 where
/// it is no such name.
unsigned bits_in(Colours const& colours, std::string_view kind) {
    if (!kind.starts_with(colours.name)) return 0;
    kind.remove_prefix(colours.name.size());
    if (kind.empty()) return 8;
    if (!colours.has_depths) return 0;
    if (colours.planes > 0) {
        if (kind[0] != 'p') return 0;
        kind.remove_prefix(1);
    }
    unsigned bits = 0;
    auto const [end, error] = std::from_chars(kind.data(), kind.data() + kind.size(), bits);
    bool const is_good = error == std::errc{} && end == kind.data() + kind.size() && bits > 8 && bits <= 16;
    return is_good ? bits : 0;
}

std::optional<VideoFormat> format_of(std::string_view kind, std::size_t width, std::size_t height) {
    for (auto const& colours : kinds) {
        unsigned const bits = bits_in(colours, kind);
        if (bits == 0) continue;
        Plane const colour{(width + colours.across - 1) / colours.across,
                           (height + colours.down - 1) / colours.down};
        VideoFormat format;
        format.bits = bits;
        format.across = colours.across;
        format.down = colours.down;
        format.has_alpha = colours.planes == 3;
        format.planes.assign(1 + colours.planes, colour);
        format.planes[0] = {width, height};
        return format;
    }
    return std::nullopt;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

}  // namespace

std::size_t VideoFormat::frame_bytes() const {
    std::size_t samples = 0;
    for (auto const& plane : planes) samples += plane.width * plane.height;
    return samples * sample_bytes();
}

Y4mReader::Y4mReader(std::istream& in, std::string file) : in_(in), file_(std::move(file)) {
    auto const first = line();
    if (!first || !(*first == "YUV4MPEG2" || first->starts_with("YUV4MPEG2 "))) {
        fail("it does not begin with YUV4MPEG2");
    }
    header_.line = *first;
    std::size_t width = 0;
    std::size_t height = 0;
    std::string kind;
    std::string hint;
    constexpr std::string_view hint_name = "XYSCSS=";
    std::istringstream words{*first};
    std::string word;
    words >> word;
    while (words >> word) {
        if (word[0] == 'W') width = side_in(std::string_view{word}.substr(1));
        if (word[0] == 'H') height = side_in(std::string_view{word}.substr(1));
        if (word[0] == 'C') kind = word.substr(1);
        if (word[0] == 'I' && word.size() > 1) interlacing_ = word[1];
        if (word.starts_with(hint_name)) hint = lower(word.substr(hint_name.size()));
    }
    if (width == 0 || height == 0)
        fail(fmt::format("its header gives no width and height from 1 to {}", longest_side));
    if (std::string_view{"?ptbm"}.find(interlacing_) == std::string_view::npos)
        fail(fmt::format("its rows are in the order '{}', which is not supported", interlacing_));
    // Old programs say only by a hint which kind it is.
    if (kind.empty()) kind = hint.empty() ? "420" : hint;
    auto format = format_of(kind, width, height);
    if (!format) {
        fail(fmt::format("its colours are of the kind '{}', which is not supported",
                         kind.substr(0, longest_quoted)));
    }
    header_.format = std::move(*format);
}

std::optional<Frame> Y4mReader::next() {
    if (!damage_.empty()) return std::nullopt;
    try {
        auto const head = line();
        if (!head) return std::nullopt;
        Frame frame = read(*head);
        ++frames_;
        return frame;
    } catch (InputError const& error) {
        damage_ = error.what();
        return std::nullopt;
    }
}

Frame Y4mReader::read(std::string const& head) {
    constexpr std::string_view mark = "FRAME";
    if (!(head == mark || head.starts_with("FRAME "))) {
        fail(fmt::format("frame {} does not begin with FRAME", frames_ + 1));
    }
    Frame frame;
    frame.parameters = head.substr(mark.size());
    frame.is_interlaced = is_interlaced(head);
    frame.samples.resize(header_.format.frame_bytes());
    in_.read(reinterpret_cast<char*>(frame.samples.data()),
             static_cast<std::streamsize>(frame.samples.size()));
    if (static_cast<std::size_t>(in_.gcount()) != frame.samples.size()) {
        fail(fmt::format("it ends within frame {}", frames_ + 1));
    }
    return frame;
}

/// In a stream of both kinds each frame has a parameter `Ixyz`, of which y says when its rows were taken.
bool Y4mReader::is_interlaced(std::string const& head) const {
    if (interlacing_ != 'm') return interlacing_ == 't' || interlacing_ == 'b';
    auto const parameter = head.find(" I");
    if (parameter == std::string::npos || parameter + 3 >= head.size()) {
        fail(fmt::format("frame {} does not say whether it is interlaced, in a stream of both kinds",
                         frames_ + 1));
    }
    return head[parameter + 3] == 'i';
}

std::optional<std::string> Y4mReader::line() {
    std::string text;
    for (int letter = in_.get(); letter != std::istream::traits_type::eof(); letter = in_.get()) {
        if (letter == '\n') return text;
        text.push_back(static_cast<char>(letter));
        if (text.size() > longest_line) fail("it has a header line without an end");
    }
    if (!text.empty()) fail("it ends within a header line");
    return std::nullopt;
}

void Y4mReader::fail(std::string const& why) const {
    throw InputError(fmt::format(
        "cannot read {} as Y4M video ({}). ffmpeg -i FILE -pix_fmt yuv420p OUT.y4m makes some.", file_, why));
}

std::string y4m_frame(Frame const& frame) {
    std::string bytes = "FRAME" + frame.parameters + "\n";
    bytes.append(reinterpret_cast<char const*>(frame.samples.data()), frame.samples.size());
    return bytes;
}

}  // namespace jobs
