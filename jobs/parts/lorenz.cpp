// SPDX-License-Identifier: MIT
#include "jobs/parts/lorenz.hpp"

#include <boost/numeric/odeint/stepper/runge_kutta4.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace jobs {
namespace {

constexpr std::uint64_t parts = 20;

/// The point and the difference from it.
using State = std::array<double, 6>;

class Follower {
  public:
    Follower(Lorenz const& system, double step) : system_(system), step_(step) {}

    /// Goes one step, and returns the logarithm of the difference's growth.
    double step() {
        stepper_.do_step([this](State const& at, State& change, double) { derive(at, change); }, state_, 0.0,
                         step_);
        double const length = std::hypot(state_[3], state_[4], state_[5]);
        if (!std::isfinite(length) || length == 0) {
            throw std::domain_error("the solution runs off. Take a smaller --step?");
        }
        for (std::size_t i = 3; i < 6; ++i) state_[i] /= length;
        return std::log(length);
    }

  private:
    void derive(State const& at, State& change) const {
        auto const& [x, y, z, dx, dy, dz] = at;
        change[0] = system_.sigma * (y - x);
        change[1] = x * (system_.rho - z) - y;
        change[2] = x * y - system_.beta * z;
        change[3] = system_.sigma * (dy - dx);
        change[4] = (system_.rho - z) * dx - dy - x * dz;
        change[5] = y * dx + x * dy - system_.beta * dz;
    }

    Lorenz system_;
    double step_;
    State state_{1, 1.5, 20, 0.6, 0.8, 0};
    boost::numeric::odeint::runge_kutta4<State> stepper_;
};

}  // namespace

Exponent largest_exponent(Lorenz const& system, Integration const& integration) {
    auto const steps = [&](double time) {
        return static_cast<std::uint64_t>(std::max(1.0, std::ceil(time / integration.step - 1e-9)));
    };
    Follower follower{system, integration.step};
    for (std::uint64_t i = steps(integration.transient); i > 0; --i) follower.step();
    std::uint64_t const each = steps(integration.duration / static_cast<double>(parts));
    double const time = static_cast<double>(each) * integration.step;
    double sum = 0;
    double squares = 0;
    for (std::uint64_t part = 0; part < parts; ++part) {
        double growth = 0;
        for (std::uint64_t i = 0; i < each; ++i) growth += follower.step();
        sum += growth / time;
        squares += growth / time * growth / time;
    }
    double const mean = sum / parts;
    double const variance = std::max(0.0, (squares - sum * mean) / (parts - 1));
    return {.exponent = mean, .error = std::sqrt(variance / parts)};
}

}  // namespace jobs
