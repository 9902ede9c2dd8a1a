// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/needs.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <fmt/format.h>

#include <cmath>

namespace rankpool::batch {
namespace {

[[noreturn]] void refuse(char const* option, std::string const& text, char const* what) {
    throw InputError(fmt::format("cannot take {} {} (it is {})", option, text, what));
}

}  // namespace

void Needs::set_cpus(std::string const& text) {
    auto const number = parse_number<unsigned>(text);
    if (!number || *number == 0 || *number > 100'000) refuse("--cpus", text, "no whole number from 1");
    cpus = *number;
}

void Needs::set_memory(std::string const& text) {
    auto const size = parse_size(text);
    if (!size || *size == 0) refuse("--memory", text, "no size in bytes, such as 512M or 2g");
    memory = *size;
}

void Needs::set_gpus(std::string const& text) {
    auto const number = parse_number<double>(text);
    bool const is_right = number && std::isfinite(*number) && *number >= 0 && *number <= 1000 &&
                          (*number < 1 || *number == std::floor(*number));
    if (!is_right) refuse("--gpus", text, "neither a whole number nor a part of one GPU");
    gpus = *number;
}

}  // namespace rankpool::batch
