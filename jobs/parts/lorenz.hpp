// SPDX-License-Identifier: MIT
#pragma once

#include <boost/serialization/nvp.hpp>

namespace jobs {

/// The parameters of x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z (Lorenz 1963).
struct Lorenz {
    double rho = 28;
    double sigma = 10;
    double beta = 8.0 / 3;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(rho) & BOOST_SERIALIZATION_NVP(sigma) &
            BOOST_SERIALIZATION_NVP(beta);
    }
};

/// How far the system is followed; times are in its own units.
struct Integration {
    double step = 0.01;
    double transient = 100;  ///< before anything is measured
    double duration = 1000;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& step& transient& duration;
    }
};

/// The largest Lyapunov exponent, per unit of time, and its standard error by the spread of 20 parts of the
/// time.
struct Exponent {
    double exponent = 0;
    double error = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(exponent) & BOOST_SERIALIZATION_NVP(error);
    }
};

/// Follows a point and a small difference from it by the linearised equations, fourth order Runge-Kutta
/// (Odeint), and takes the mean growth of the difference, which is made of length 1 again after each step
/// (Benettin et al. 1980). Throws std::domain_error where the numbers run off, which is what too large a step
/// does.
Exponent largest_exponent(Lorenz const& system, Integration const& integration);

}  // namespace jobs
