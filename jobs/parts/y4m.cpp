// SPDX-License-Identifier: MIT
#include "jobs/parts/y4m.hpp"

#include "rankpool/batch/job.hpp"

#include <fmt/format.h>

#include <charconv>
#include <istream>
#include <sstream>

namespace jobs {
namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t longest_side = 16384;

std::size_t side_in(std::string_view text) {
    std::size_t side = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    bool const good = error == std::errc{} && end == text.data() + text.size() && side <= longest_side;
    return good ? side : 0;
}

/// By how much the colour planes are smaller, across and down; nothing for a kind that is not known.
struct Subsampling {
    std::size_t across = 2;
    std::size_t down = 2;
    bool has_colour = true;
};
std::optional<Subsampling> subsampling_of(std::string_view kind) {
    if (kind == "420" || kind == "420jpeg" || kind == "420mpeg2" || kind == "420paldv")
        return Subsampling{2, 2, true};
    if (kind == "422") return Subsampling{2, 1, true};
    if (kind == "444") return Subsampling{1, 1, true};
    if (kind == "mono") return Subsampling{1, 1, false};
    return std::nullopt;
}

}  // namespace

std::size_t Y4mHeader::frame_bytes() const {
    std::size_t bytes = 0;
    for (auto const& plane : planes) bytes += plane.width * plane.height;
    return bytes;
}

Y4mReader::Y4mReader(std::istream& in, std::string file) : in_(in), file_(std::move(file)) {
    auto const first = line();
    if (!first || !(*first == "YUV4MPEG2" || first->starts_with("YUV4MPEG2 "))) {
        fail("it does not begin with YUV4MPEG2");
    }
    header_.line = *first;
    std::size_t width = 0;
    std::size_t height = 0;
    std::string kind = "420";
    std::istringstream words{*first};
    std::string word;
    words >> word;
    while (words >> word) {
        if (word[0] == 'W') width = side_in(std::string_view{word}.substr(1));
        if (word[0] == 'H') height = side_in(std::string_view{word}.substr(1));
        if (word[0] == 'C') kind = word.substr(1);
    }
    if (width == 0 || height == 0)
        fail(fmt::format("its header gives no width and height from 1 to {}", longest_side));
    auto const subsampling = subsampling_of(kind);
    if (!subsampling) fail(fmt::format("its colours are of the kind '{}', which is not supported", kind));
    header_.planes.push_back({width, height});
    if (!subsampling->has_colour) return;
    Plane const colour{(width + subsampling->across - 1) / subsampling->across,
                       (height + subsampling->down - 1) / subsampling->down};
    header_.planes.insert(header_.planes.end(), 2, colour);
}

std::optional<Frame> Y4mReader::next() {
    auto const head = line();
    if (!head) return std::nullopt;
    if (!(*head == "FRAME" || head->starts_with("FRAME "))) {
        fail(fmt::format("frame {} does not begin with FRAME", frames_ + 1));
    }
    Frame frame(header_.frame_bytes());
    in_.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
    if (static_cast<std::size_t>(in_.gcount()) != frame.size()) {
        fail(fmt::format("it ends within frame {}", frames_ + 1));
    }
    ++frames_;
    return frame;
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
    throw rankpool::batch::InputError(fmt::format(
        "cannot read {} as Y4M video ({}). ffmpeg -i FILE -pix_fmt yuv420p OUT.y4m makes some.", file_, why));
}

std::string y4m_frame(Frame const& frame) {
    std::string bytes = "FRAME\n";
    bytes.append(reinterpret_cast<char const*>(frame.data()), frame.size());
    return bytes;
}

}  // namespace jobs
