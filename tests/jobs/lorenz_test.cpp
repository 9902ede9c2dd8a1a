// SPDX-License-Identifier: MIT
#include "jobs/parts/lorenz.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <stdexcept>

namespace {

using jobs::Exponent;
using jobs::Integration;
using jobs::largest_exponent;
using jobs::Lorenz;

TEST(LorenzTest, the_classic_parameters_give_the_published_exponent) {
    Exponent const found =
        largest_exponent({28, 10, 8.0 / 3}, {.step = 0.01, .transient = 100, .duration = 20'000});
    // 0.9056 (Sprott 2003, and Viswanath 1998).
    EXPECT_NEAR(found.exponent, 0.9056, 0.006);
    EXPECT_LT(std::abs(found.exponent - 0.9056), 4 * found.error);
    EXPECT_GT(found.error, 0);
}

TEST(LorenzTest, below_one_it_is_the_largest_eigenvalue_at_the_origin) {
    for (double const rho : {0.1, 0.5, 0.9}) {
        double const sigma = 10;
        double const expected =
            (-(sigma + 1) + std::sqrt((sigma + 1) * (sigma + 1) - 4 * sigma * (1 - rho))) / 2;
        EXPECT_NEAR(largest_exponent({rho, sigma, 8.0 / 3}, {}).exponent, expected, 1e-6) << rho;
    }
}

/// The largest real part of the roots of l^3 + a l^2 + b l + c, by the iteration of Durand and Kerner.
double largest_root(double a, double b, double c) {
    using Complex = std::complex<double>;
    Complex roots[] = {{1, 0}, {0.4, 0.9}, {-0.65, 0.72}};
    auto const value = [&](Complex l) { return ((l + a) * l + b) * l + c; };
    for (int i = 0; i < 1000; ++i) {
        for (int j = 0; j < 3; ++j) {
            Complex const others = (roots[j] - roots[(j + 1) % 3]) * (roots[j] - roots[(j + 2) % 3]);
            roots[j] -= value(roots[j]) / others;
        }
    }
    return std::max({roots[0].real(), roots[1].real(), roots[2].real()});
}

TEST(LorenzTest, near_the_two_fixed_points_it_is_their_largest_eigenvalue) {
    double const sigma = 10;
    double const beta = 8.0 / 3;
    for (double const rho : {5.0, 10.0, 15.0}) {
        double const expected =
            largest_root(sigma + beta + 1, beta * (sigma + rho), 2 * beta * sigma * (rho - 1));
        EXPECT_NEAR(largest_exponent({rho, sigma, beta}, {.duration = 4000}).exponent, expected, 2e-3) << rho;
    }
}

TEST(LorenzTest, a_step_that_is_too_large_is_told) {
    EXPECT_THROW(largest_exponent({28, 10, 8.0 / 3}, {.step = 1}), std::domain_error);
}

}  // namespace
