// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_script.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/launch/batch_script_text.hpp"
#include "rankpool/batch/launch/script_words.hpp"

#include <fmt/format.h>

#include <string_view>

namespace rankpool::batch {
namespace {

/// Before this line of the script all is comments, which batch systems read; after it all is the shell's.
constexpr std::string_view border = "# What the cluster needs before programs run";

std::string quoted(BatchSystem const& system, std::string const& option) {
    if (auto text = system.quoted(option)) return *text;
    throw InputError(fmt::format("cannot submit ({} does not take the option {} from a script)",
                                 system.submitter(), quoted_for_shell(option)));
}

}  // namespace

std::string batch_script(BatchJob const& job) {
    std::string text{batch_script_text()};
    for (std::string const name : {"--job-name=rankpool", "-N rankpool"}) {
        if (auto const end = text.find(name + '\n'); end != std::string::npos)
            text.replace(end + name.find("rankpool"), std::string_view{"rankpool"}.size(), job.name);
    }
    std::string mine;
    if (!job.options.empty()) {
        mine += job.system->directive();
        for (auto const& option : job.options) mine += ' ' + quoted(*job.system, option);
        mine += '\n';
    }
    mine += "# Written by:";
    for (auto const& word : job.typed) mine += ' ' + quoted_for_shell(word);
    mine += "\nset --";
    for (auto const& word : job.words) mine += ' ' + quoted_for_shell(word);
    mine += fmt::format("\nRANKPOOL={}\n", assigned(job.program));
    if (!job.run_dir.empty()) mine += fmt::format("RUN_DIR={}\n", assigned(job.run_dir));
    if (!job.launcher.empty()) mine += fmt::format("LAUNCHER={}\n", job.launcher);
    auto const place = text.find(border);
    return text.substr(0, place) + mine + '\n' + text.substr(place);
}

}  // namespace rankpool::batch
