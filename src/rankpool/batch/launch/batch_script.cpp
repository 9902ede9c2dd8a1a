// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_script.hpp"

#include "rankpool/batch/launch/batch_script_text.hpp"
#include "rankpool/batch/launch/script_words.hpp"

#include <fmt/format.h>

#include <string_view>

namespace rankpool::batch {
namespace {

/// Before this line of the script all is comments, which batch systems read; after it all is the shell's.
constexpr std::string_view border = "# What the cluster needs before programs run";

}  // namespace

std::string batch_script(BatchJob const& job) {
    std::string text{batch_script_text()};
    for (std::string const name : {"--job-name=rankpool", "-N rankpool"}) {
        if (auto const end = text.find(name + '\n'); end != std::string::npos)
            text.replace(end + name.find("rankpool"), std::string_view{"rankpool"}.size(), job.name);
    }
    std::string mine;
    if (!job.options.empty()) mine += job.system->script_lines(job.options);
    mine += "# Written by:";
    for (auto const& word : job.typed) mine += ' ' + quoted_for_shell(word);
    mine += "\nset --";
    for (auto const& word : job.words) mine += ' ' + quoted_for_shell(word);
    mine += fmt::format("\nRANKPOOL={}\n", assigned(job.program));
    // A folder for each job of an array.
    if (!job.run_dir.empty())
        mine += fmt::format("RUN_DIR={}{}\n", assigned(job.run_dir), job.system->array_suffix());
    if (!job.launcher.empty()) mine += fmt::format("LAUNCHER={}\n", job.launcher);
    auto const place = text.find(border);
    return text.substr(0, place) + mine + '\n' + text.substr(place);
}

}  // namespace rankpool::batch
