// SPDX-License-Identifier: MIT
#include "jobs/parts/y4m.hpp"

#include "rankpool/batch/job.hpp"

#include "jobs/parts/frame_filter.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>

namespace {

using jobs::FilterKind;
using jobs::Frame;
using jobs::Plane;
using jobs::y4m_frame;
using jobs::Y4mReader;
using rankpool::batch::InputError;
using testing::HasSubstr;

std::string complaint(std::string const& stream) {
    std::istringstream in{stream};
    try {
        Y4mReader reader{in, "film.y4m"};
        while (reader.next()) {
        }
        return reader.damage().empty() ? "none" : reader.damage();
    } catch (InputError const& error) {
        return error.what();
    }
}

TEST(Y4mTest, frames_come_as_they_were_written) {
    Frame const first{{1, 2, 3, 4, 10, 128}, "", false};
    Frame const second{{5, 6, 7, 8, '\n', 'F'}, " Ip Xnote=1", false};
    std::string const header = "YUV4MPEG2 W2 H2 F25:1 C420jpeg XCOLORRANGE=FULL";
    std::istringstream in{header + "\n" + y4m_frame(first) + y4m_frame(second)};
    Y4mReader reader{in, "film.y4m"};
    EXPECT_EQ(reader.header().line, header);
    EXPECT_EQ(reader.next(), first);
    EXPECT_EQ(reader.next(), second);
    EXPECT_EQ(reader.next(), std::nullopt);
    EXPECT_EQ(reader.damage(), "");
    EXPECT_EQ(y4m_frame(second), "FRAME Ip Xnote=1\n\5\6\7\10\nF");
}

/// Headers as ffmpeg and mjpegtools write them, and how large a frame of 5 by 3 then is.
TEST(Y4mTest, every_kind_of_colour) {
    struct {
        char const* kind;
        unsigned bits;
        std::size_t bytes;
    } const headers[] = {{"", 8, 15 + 2 * 6},
                         {" C420jpeg XYSCSS=420JPEG", 8, 15 + 2 * 6},
                         {" C420mpeg2 XYSCSS=420MPEG2", 8, 15 + 2 * 6},
                         {" C420paldv XYSCSS=420PALDV", 8, 15 + 2 * 6},
                         {" C420", 8, 15 + 2 * 6},
                         {" C411 XYSCSS=411", 8, 15 + 2 * 6},
                         {" C422 XYSCSS=422", 8, 15 + 2 * 9},
                         {" C444 XYSCSS=444", 8, 45},
                         {" C444alpha XYSCSS=444", 8, 60},
                         {" Cmono", 8, 15},
                         {" Cmono9", 9, 30},
                         {" Cmono10", 10, 30},
                         {" Cmono12", 12, 30},
                         {" Cmono16", 16, 30},
                         {" C420p9 XYSCSS=420P9", 9, 54},
                         {" C420p10 XYSCSS=420P10", 10, 54},
                         {" C422p10 XYSCSS=422P10", 10, 66},
                         {" C444p12 XYSCSS=444P12", 12, 90},
                         {" C422p14 XYSCSS=422P14", 14, 66},
                         {" C444p16 XYSCSS=444P16", 16, 90},
                         {" XYSCSS=411", 8, 15 + 2 * 6},
                         {" XYSCSS=420P10", 10, 54}};
    for (auto const& [kind, bits, bytes] : headers) {
        std::istringstream in{std::string{"YUV4MPEG2 W5 H3 F25:1 Ip A1:1"} + kind + "\n"};
        Y4mReader const reader{in, "film.y4m"};
        EXPECT_EQ(reader.header().format.bits, bits) << kind;
        EXPECT_EQ(reader.header().format.frame_bytes(), bytes) << kind;
        EXPECT_EQ(reader.header().format.has_alpha, std::string_view{kind}.starts_with(" C444alpha")) << kind;
    }
    for (auto const* kind : {"410", "420p", "420p8", "420p17", "420p1x", "420jpegp10", "mono8", "monop10",
                             "444alphap10", "RGB", "420P10"}) {
        EXPECT_THAT(complaint(std::string{"YUV4MPEG2 W2 H2 C"} + kind + "\n"), HasSubstr("is not supported"))
            << kind;
    }
}

TEST(Y4mTest, which_frames_are_interlaced) {
    auto const is_interlaced = [](std::string const& header, std::string const& parameters) {
        std::istringstream in{"YUV4MPEG2 W1 H1 Cmono" + header + "\nFRAME" + parameters + "\nx"};
        return Y4mReader{in, "film.y4m"}.next().value().is_interlaced;
    };
    EXPECT_FALSE(is_interlaced("", ""));
    EXPECT_FALSE(is_interlaced(" Ip", ""));
    EXPECT_FALSE(is_interlaced(" I?", ""));
    EXPECT_TRUE(is_interlaced(" It", ""));
    EXPECT_TRUE(is_interlaced(" Ib", " Xnote"));
    EXPECT_FALSE(is_interlaced(" Im", " I1pp"));
    EXPECT_TRUE(is_interlaced(" Im", " Xnote Itii"));
    EXPECT_FALSE(is_interlaced(" Im", " Ipp Xnote"));
    EXPECT_THAT(complaint("YUV4MPEG2 W1 H1 Cmono Im\nFRAME\nx"),
                HasSubstr("does not say whether it is interlaced"));
    EXPECT_THAT(complaint("YUV4MPEG2 W1 H1 Cmono Im\nFRAME It\nx"), HasSubstr("does not say whether"));
    EXPECT_THAT(complaint("YUV4MPEG2 W1 H1 Cmono Ix\n"), HasSubstr("in the order 'x'"));
}

TEST(Y4mTest, whole_frames_before_damage_are_given) {
    std::string const header = "YUV4MPEG2 W2 H2 Cmono\n";
    std::string const stream = header + "FRAME\nabcdFRAME\nefghFRAME\nijkl";
    for (std::size_t size = header.size(); size <= stream.size(); ++size) {
        std::istringstream in{stream.substr(0, size)};
        Y4mReader reader{in, "film.y4m"};
        std::size_t count = 0;
        while (reader.next()) ++count;
        std::size_t const whole = (size - header.size()) / 10;
        EXPECT_EQ(count, whole);
        EXPECT_EQ(reader.damage().empty(), (size - header.size()) % 10 == 0) << reader.damage();
        EXPECT_EQ(reader.next(), std::nullopt);
    }
}

TEST(Y4mTest, what_is_no_video_is_told) {
    EXPECT_THAT(complaint(""), HasSubstr("does not begin with YUV4MPEG2"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2"), HasSubstr("ends within a header line"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W99999999999999999999 H2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W16385 H2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabc"), HasSubstr("ends within frame 1"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabcdFRAMES\n"),
                HasSubstr("frame 2 does not begin with FRAME"));
    EXPECT_THAT(complaint("YUV4MPEG2 " + std::string(5000, 'X')), HasSubstr("without an end"));
}

using Samples = std::vector<int>;

/// The filters as their definitions have them, sample by sample. `step`: rows that are neighbours.
Samples plainly(FilterKind kind, Samples const& before, Plane const& plane, int across, int down, int step,
                int most) {
    int const width = static_cast<int>(plane.width);
    int const height = static_cast<int>(plane.height);
    auto const at = [&](int x, int y) { return before[static_cast<std::size_t>(y * width + x)]; };
    Samples after = before;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            int& sample = after[static_cast<std::size_t>(y * width + x)];
            if (kind == FilterKind::blur) {
                int sum = 0;
                int count = 0;
                for (int v = -down; v <= down; ++v) {
                    for (int u = x - across; u <= x + across; ++u) {
                        int const row = y + v * step;
                        if (u < 0 || row < 0 || u >= width || row >= height) continue;
                        sum += at(u, row);
                        ++count;
                    }
                }
                sample = static_cast<int>(std::floor(sum / double(count) + 0.5));
            } else {
                int const weight[3] = {1, 2, 1};
                auto const held = [&](int u, int v) {
                    int const row = y + v * step;
                    return at(std::clamp(x + u, 0, width - 1), row < 0 || row >= height ? y : row);
                };
                double horizontal = 0;
                double vertical = 0;
                for (int i = -1; i <= 1; ++i) {
                    horizontal += weight[i + 1] * (held(1, i) - held(-1, i));
                    vertical += weight[i + 1] * (held(i, 1) - held(i, -1));
                }
                sample =
                    static_cast<int>(std::min<long>(most, std::lround(std::hypot(horizontal, vertical))));
            }
        }
    }
    return after;
}

/// Each kind of stream, with random frames, against the definitions.
TEST(FrameFilterTest, every_filter_on_every_kind_of_stream) {
    std::mt19937 random{3};
    for (std::string const kind :
         {"420", "411", "422", "444", "444alpha", "mono", "420p10", "mono16", "444p12"}) {
        for (char const order : {'p', 't'}) {
            std::istringstream in{"YUV4MPEG2 W9 H7 I" + std::string(1, order) + " C" + kind + "\n"};
            auto const format = Y4mReader{in, "film.y4m"}.header().format;
            Frame frame{std::vector<std::uint8_t>(format.frame_bytes()), " Xnote", order == 't'};
            int const most = (1 << format.bits) - 1;
            auto const take = [&](Frame const& from, std::size_t place) {
                if (format.sample_bytes() == 1) return int{from.samples[place]};
                return from.samples[2 * place] | from.samples[2 * place + 1] << 8;
            };
            for (std::size_t i = 0; i < frame.samples.size(); i += format.sample_bytes()) {
                auto const sample = static_cast<int>(random()) & most;
                frame.samples[i] = static_cast<std::uint8_t>(sample);
                if (format.sample_bytes() == 2) frame.samples[i + 1] = static_cast<std::uint8_t>(sample >> 8);
            }
            for (auto const filter : {FilterKind::grey, FilterKind::blur, FilterKind::edges}) {
                for (std::uint32_t const radius : {1U, 2U, 5U, 50U}) {
                    Frame const after = filtered({filter, radius}, format, frame);
                    EXPECT_EQ(after.parameters, " Xnote");
                    ASSERT_EQ(after.samples.size(), frame.samples.size());
                    std::size_t start = 0;
                    for (std::size_t i = 0; i < format.planes.size(); ++i) {
                        Plane const& plane = format.planes[i];
                        Samples before;
                        Samples found;
                        for (std::size_t k = start; k < start + plane.width * plane.height; ++k) {
                            before.push_back(take(frame, k));
                            found.push_back(take(after, k));
                        }
                        start += before.size();
                        bool const is_alpha = format.has_alpha && i == 3;
                        int const step = frame.is_interlaced ? 2 : 1;
                        auto const reach = [&](std::size_t by) {
                            return static_cast<int>((radius + by - 1) / by);
                        };
                        Samples wanted = before;
                        if (filter != FilterKind::blur && i > 0 && !is_alpha) {
                            wanted.assign(before.size(), 1 << (format.bits - 1));
                        } else if (filter != FilterKind::grey && !is_alpha) {
                            std::size_t const across = i == 0 ? 1 : format.across;
                            std::size_t const down = i == 0 ? 1 : format.down;
                            wanted = plainly(filter, before, plane, reach(across),
                                             reach(down * static_cast<std::size_t>(step)), step, most);
                        }
                        ASSERT_EQ(found, wanted)
                            << kind << ' ' << order << " plane " << i << " radius " << radius;
                    }
                }
            }
        }
    }
}

TEST(FrameFilterTest, a_frame_of_another_size_is_refused) {
    jobs::VideoFormat format;
    format.planes = {{2, 2}};
    EXPECT_THROW(filtered({}, format, Frame{{1, 2, 3}, "", false}), std::invalid_argument);
    EXPECT_THROW(filtered({}, format, Frame{{1, 2, 3, 4, 5}, "", false}), std::invalid_argument);
}

}  // namespace
