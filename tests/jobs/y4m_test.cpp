// SPDX-License-Identifier: MIT
#include "jobs/parts/y4m.hpp"

#include "rankpool/batch/job.hpp"

#include "jobs/parts/frame_filter.hpp"

#include <gmock/gmock.h>

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
    } catch (InputError const& error) {
        return error.what();
    }
    return "none";
}

TEST(Y4mTest, frames_come_as_they_were_written) {
    Frame const first{1, 2, 3, 4, 10, 128};
    Frame const second{5, 6, 7, 8, '\n', 'F'};
    std::istringstream in{"YUV4MPEG2 W2 H2 F25:1 C420jpeg\n" + y4m_frame(first) + "FRAME Ip\n" +
                          y4m_frame(second).substr(6)};
    Y4mReader reader{in, "film.y4m"};
    EXPECT_EQ(reader.header().line, "YUV4MPEG2 W2 H2 F25:1 C420jpeg");
    EXPECT_EQ(reader.next(), first);
    EXPECT_EQ(reader.next(), second);
    EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(Y4mTest, odd_sides_and_kinds_of_colour) {
    auto const bytes = [](std::string const& header) {
        std::istringstream in{header + "\n"};
        return Y4mReader{in, "film.y4m"}.header().frame_bytes();
    };
    EXPECT_EQ(bytes("YUV4MPEG2 W3 H5"), 15U + 2 * 6U);
    EXPECT_EQ(bytes("YUV4MPEG2 W3 H5 C422"), 15U + 2 * 10U);
    EXPECT_EQ(bytes("YUV4MPEG2 W3 H5 C444"), 45U);
    EXPECT_EQ(bytes("YUV4MPEG2 W3 H5 Cmono"), 15U);
}

TEST(Y4mTest, what_is_no_video_is_told) {
    EXPECT_THAT(complaint(""), HasSubstr("does not begin with YUV4MPEG2"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2"), HasSubstr("ends within a header line"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W99999999999999999999 H2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W16385 H2\n"), HasSubstr("no width and height"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2 H2 C420p10\n"), HasSubstr("'420p10', which is not supported"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabc"), HasSubstr("ends within frame 1"));
    EXPECT_THAT(complaint("YUV4MPEG2 W2 H2 Cmono\nFRAME\nabcdFRAMES\n"),
                HasSubstr("frame 2 does not begin with FRAME"));
    EXPECT_THAT(complaint("YUV4MPEG2 " + std::string(5000, 'X')), HasSubstr("without an end"));
}

class FrameFilterTest : public testing::Test {
  protected:
    std::vector<Plane> planes_{{7, 5}, {4, 3}, {4, 3}};
    Frame frame_ = random_frame();

    static Frame random_frame() {
        std::mt19937 random{3};
        Frame frame(7 * 5 + 2 * 12);
        for (auto& pixel : frame) pixel = static_cast<std::uint8_t>(random());
        return frame;
    }
};

TEST_F(FrameFilterTest, grey_keeps_brightness) {
    Frame const grey = filtered({FilterKind::grey, 1}, planes_, frame_);
    EXPECT_TRUE(std::equal(grey.begin(), grey.begin() + 35, frame_.begin()));
    EXPECT_THAT(Frame(grey.begin() + 35, grey.end()), testing::Each(128));
}

TEST_F(FrameFilterTest, blur_is_the_mean_of_each_square) {
    for (int const radius : {1, 2, 50}) {
        Frame const blurred =
            filtered({FilterKind::blur, static_cast<std::uint32_t>(radius)}, planes_, frame_);
        std::size_t start = 0;
        for (auto const& plane : planes_) {
            int const reach = plane.width == 7 ? radius : (radius + 1) / 2;
            int const width = static_cast<int>(plane.width);
            int const height = static_cast<int>(plane.height);
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width; ++x) {
                    int sum = 0;
                    int count = 0;
                    for (int v = y - reach; v <= y + reach; ++v) {
                        for (int u = x - reach; u <= x + reach; ++u) {
                            if (u < 0 || v < 0 || u >= width || v >= height) continue;
                            sum += frame_[start + static_cast<std::size_t>(v * width + u)];
                            ++count;
                        }
                    }
                    EXPECT_EQ(blurred[start + static_cast<std::size_t>(y * width + x)],
                              std::lround(std::floor(sum / double(count) + 0.5)));
                }
            }
            start += plane.width * plane.height;
        }
    }
}

TEST_F(FrameFilterTest, edges_are_the_length_of_sobels_gradient) {
    Frame const edges = filtered({FilterKind::edges, 1}, planes_, frame_);
    auto const at = [&](int x, int y) {
        return static_cast<int>(
            frame_[static_cast<std::size_t>(std::clamp(y, 0, 4) * 7 + std::clamp(x, 0, 6))]);
    };
    int const weight[3] = {1, 2, 1};
    for (int y = 0; y < 5; ++y) {
        for (int x = 0; x < 7; ++x) {
            int across = 0;
            int along = 0;
            for (int i = -1; i <= 1; ++i) {
                across += weight[i + 1] * (at(x + 1, y + i) - at(x - 1, y + i));
                along += weight[i + 1] * (at(x + i, y + 1) - at(x + i, y - 1));
            }
            EXPECT_EQ(edges[static_cast<std::size_t>(y * 7 + x)],
                      std::min(255L, std::lround(std::hypot(across, along))));
        }
    }
    EXPECT_THAT(Frame(edges.begin() + 35, edges.end()), testing::Each(128));
}

}  // namespace
