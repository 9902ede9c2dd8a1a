// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/file_pattern.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

/// Walks the folders that the pattern's parts allow.
class Walk {
  public:
    explicit Walk(std::string const& pattern) {
        for (std::size_t at = 0; at < pattern.size();) {
            auto const end = std::min(pattern.find('/', at), pattern.size());
            if (end > at) parts_.push_back(pattern.substr(at, end - at));
            at = end + 1;
        }
        visit(pattern.starts_with('/') ? "/" : "", 0);
    }

    std::vector<std::string> files;

  private:
    void visit(std::string const& folder, std::size_t part) {
        if (part == parts_.size()) return;
        auto const& wanted = parts_[part];
        bool const is_last = part + 1 == parts_.size();
        if (wanted == "**") {
            // No folder at all, or one more.
            if (is_last) {
                take_files(folder, "*");
            } else {
                visit(folder, part + 1);
            }
            for_each_in(folder, [&](fs::directory_entry const& entry, std::string const& path) {
                std::error_code ignored;
                bool const is_hidden = entry.path().filename().native().starts_with('.');
                if (!is_hidden && entry.is_directory(ignored) && !entry.is_symlink(ignored)) {
                    visit(path + '/', part);
                }
            });
        } else if (is_last) {
            take_files(folder, wanted);
        } else if (wanted.find_first_of("*?[\\") == std::string::npos) {
            visit(folder + wanted + '/', part + 1);
        } else {
            for_each_in(folder, [&](fs::directory_entry const& entry, std::string const& path) {
                std::error_code ignored;
                if (fits(wanted, entry) && entry.is_directory(ignored)) visit(path + '/', part + 1);
            });
        }
    }

    void take_files(std::string const& folder, std::string const& wanted) {
        for_each_in(folder, [&](fs::directory_entry const& entry, std::string const& path) {
            std::error_code ignored;
            if (fits(wanted, entry) && entry.is_regular_file(ignored)) files.push_back(path);
        });
    }

    template <class Take>
    static void for_each_in(std::string const& folder, Take take) {
        std::error_code problem;
        fs::directory_iterator at{folder.empty() ? "." : folder, problem};
        for (; !problem && at != fs::directory_iterator{}; at.increment(problem)) {
            take(*at, folder + at->path().filename().native());
        }
    }

    static bool fits(std::string const& wanted, fs::directory_entry const& entry) {
        return ::fnmatch(wanted.c_str(), entry.path().filename().c_str(), FNM_PERIOD) == 0;
    }

    std::vector<std::string> parts_;
};

}  // namespace

std::vector<std::string> files_like(std::string const& pattern) {
    Walk walk{pattern};
    if (walk.files.empty()) {
        throw InputError(
            fmt::format("cannot find files like {} (there is none). Is the folder right?", pattern));
    }
    std::ranges::sort(walk.files);
    walk.files.erase(std::unique(walk.files.begin(), walk.files.end()), walk.files.end());
    return std::move(walk.files);
}

}  // namespace rankpool::batch
