// SPDX-License-Identifier: MIT
#include "jobs/parts/picture.hpp"

#include "jobs/parts/heat_map.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace {

using jobs::Colour;
using jobs::Picture;

std::vector<char> bytes_of(std::filesystem::path const& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(PictureTest, a_png_reads_back_as_it_was_written) {
    Picture picture{3, 2};
    picture.set(0, 0, {255, 0, 1});
    picture.set(2, 1, {1, 2, 3});
    auto const file = std::filesystem::path{testing::TempDir()} / "picture_test.png";
    jobs::write_png(picture, file);

    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_NE(::png_image_begin_read_from_file(&image, file.c_str()), 0) << image.message;
    image.format = PNG_FORMAT_RGB;
    ASSERT_EQ(image.width, 3U);
    ASSERT_EQ(image.height, 2U);
    std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
    ASSERT_NE(::png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr), 0) << image.message;
    EXPECT_TRUE(std::ranges::equal(pixels, picture.bytes()));

    auto const first = bytes_of(file);
    jobs::write_png(picture, file);
    EXPECT_EQ(first, bytes_of(file));
    std::filesystem::remove(file);
}

TEST(HeatMapTest, is_symmetric_with_cells_of_equal_size) {
    jobs::PairScores scores{3};
    scores.add_row({0, 10});
    scores.add_row({5});
    Picture const map = jobs::heat_map(scores);
    ASSERT_EQ(map.width(), 900U);
    ASSERT_EQ(map.height(), 900U);
    auto const cell = [&](std::size_t i, std::size_t j) { return map.at(j * 300 + 299, i * 300); };
    EXPECT_EQ(cell(0, 1), jobs::heat(0));
    EXPECT_EQ(cell(0, 2), jobs::heat(1));
    EXPECT_EQ(cell(1, 2), jobs::heat(0.5));
    EXPECT_EQ(cell(2, 1), cell(1, 2));
    EXPECT_EQ(cell(1, 1), (Colour{128, 128, 128}));
}

TEST(HeatMapTest, many_sequences_have_one_pixel_each) {
    jobs::PairScores scores{1000};
    for (std::size_t i = 0; i < 1000; ++i) scores.add_row(std::vector<std::int32_t>(999 - i, 1));
    EXPECT_EQ(jobs::heat_map(scores).width(), 1000U);
}

TEST(HeatMapTest, one_sequence_has_a_picture_too) {
    EXPECT_EQ(jobs::heat_map(jobs::PairScores{1}).width(), 900U);
}

TEST(HeatMapTest, brightness_grows_with_the_value) {
    auto const brightness = [](Colour c) { return 2 * c[0] + 7 * c[1] + c[2]; };
    for (int i = 0; i < 20; ++i) {
        EXPECT_LE(brightness(jobs::heat(i / 20.0)), brightness(jobs::heat((i + 1) / 20.0))) << i;
    }
    EXPECT_EQ(jobs::heat(-1), jobs::heat(0));
    EXPECT_EQ(jobs::heat(2), jobs::heat(1));
}

}  // namespace
