// SPDX-License-Identifier: MIT
#include "jobs/parts/escape_time.hpp"

#include "jobs/parts/picture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <complex>

namespace {

TEST(EscapeTimeTest, points_of_the_set_stay) {
    for (auto const& [x, y] :
         {std::pair{0.0, 0.0}, {-1.0, 0.0}, {-2.0, 0.0}, {0.25, 0.0}, {0.0, 1.0}, {-0.1226, 0.7449}}) {
        EXPECT_LT(jobs::escape_time(x, y, 10'000), 0) << x << ' ' << y;
    }
}

TEST(EscapeTimeTest, points_outside_leave_at_the_step_that_plain_iteration_finds) {
    for (auto const& [x, y] :
         {std::pair{0.26, 0.0}, {0.5, 0.5}, {-0.75, 0.1}, {-1.5, 0.1}, {2.0, 2.0}, {-0.7436, 0.1319}}) {
        std::complex<double> const c{x, y};
        std::complex<double> z;
        int steps = 0;
        while (std::abs(z) <= 256) {
            z = z * z + c;
            ++steps;
        }
        // The fraction takes less than one step off.
        double const time = jobs::escape_time(x, y, 100'000);
        EXPECT_LE(time, steps) << x << ' ' << y;
        EXPECT_GT(time, steps - 2) << x << ' ' << y;
    }
}

TEST(EscapeTimeTest, neighbouring_times_meet) {
    double before = jobs::escape_time(0.3, 0, 1000);
    for (double x = 0.3; x < 2; x += 1e-4) {
        double const time = jobs::escape_time(x, 0, 1000);
        EXPECT_NEAR(time, before, 0.05) << x;
        before = time;
    }
}

TEST(EscapeTimeTest, too_few_iterations_count_as_the_set) {
    EXPECT_GT(jobs::escape_time(0.26, 0, 100), 0);
    EXPECT_LT(jobs::escape_time(0.26, 0, 10), 0);
}

TEST(MandelbrotRowTest, the_picture_is_symmetric_about_the_real_axis_and_black_within) {
    jobs::View const view{.width = 90, .height = 60, .iterations = 200};
    auto const middle = jobs::mandelbrot_row(view, 30);
    EXPECT_EQ(middle.size(), 3 * view.width);
    EXPECT_EQ(middle, jobs::mandelbrot_row(view, 29));
    EXPECT_EQ(jobs::mandelbrot_row(view, 0), jobs::mandelbrot_row(view, 59));
    EXPECT_TRUE(
        std::ranges::all_of(middle.begin() + 3 * 45, middle.begin() + 3 * 46, [](int c) { return c == 0; }));
    EXPECT_FALSE(std::ranges::all_of(middle.begin(), middle.begin() + 3, [](int c) { return c == 0; }));
}

}  // namespace
