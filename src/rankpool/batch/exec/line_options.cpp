// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/line_options.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <fmt/format.h>

#include <chrono>
#include <sstream>
#include <string_view>

namespace rankpool::batch {
namespace {

constexpr std::string_view directive = "#RANKPOOL";

void set(LineOptions& options, std::string const& name, std::string const& value) {
    if (name == "--cpus") return options.needs.set_cpus(value);
    if (name == "--memory") return options.needs.set_memory(value);
    if (name == "--gpus") return options.needs.set_gpus(value);
    if (name != "--timeout") {
        throw InputError(
            fmt::format("cannot understand {} after {} (there may be --cpus, --memory, --gpus and --timeout)",
                        name, directive));
    }
    auto const duration = parse_duration(value);
    if (!duration || duration->count() <= 0) {
        throw InputError(
            fmt::format("cannot take --timeout {} (it is no duration, such as 90s or 1h30m)", value));
    }
    options.timeout = std::chrono::duration<double>(*duration).count();
}

}  // namespace

LineOptions line_options(std::string const& line) {
    LineOptions options;
    auto const place = line.rfind(directive);
    if (place == std::string::npos) return options;
    bool const begins_word = place == 0 || line[place - 1] == ' ' || line[place - 1] == '\t';
    std::istringstream words{line.substr(place + directive.size())};
    if (!begins_word || (words.peek() != ' ' && words.peek() != '\t')) return options;
    for (std::string name, value; words >> name;) {
        if (auto const sign = name.find('='); sign != std::string::npos) {
            value = name.substr(sign + 1);
            name.erase(sign);
        } else if (!(words >> value)) {
            throw InputError(fmt::format("cannot understand {} after {} (it has no value)", name, directive));
        }
        set(options, name, value);
    }
    return options;
}

}  // namespace rankpool::batch
