// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/moved_files.hpp"

#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/text/parse_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::array endings{".out", ".err"};

fs::path with(fs::path name, char const* ending) {
    return name += ending;
}

bool has_files(fs::path const& name) {
    std::error_code ignored;
    return std::ranges::any_of(endings, [&](auto* end) { return fs::exists(with(name, end), ignored); });
}

void move_file(fs::path const& from, fs::path const& to) {
    std::error_code problem;
    fs::create_directories(to.parent_path(), problem);
    fs::rename(from, to, problem);
    if (problem == std::errc::cross_device_link) {
        // It appears there as a whole.
        auto const beside = with(to, ".part");
        fs::copy_file(from, beside, fs::copy_options::overwrite_existing, problem);
        if (!problem) fs::rename(beside, to, problem);
        if (!problem) fs::remove(from, problem);
    }
    if (!problem) return;
    throw StoreError(fmt::format("cannot move {} to {} ({}). Is there room, and may you write there?",
                                 from.string(), to.string(), problem.message()));
}

void move_files(fs::path const& from, fs::path const& to) {
    std::error_code ignored;
    for (auto const* end : endings) {
        if (fs::exists(with(from, end), ignored)) move_file(with(from, end), with(to, end));
    }
}

std::string text_of(InputKey const& key) {
    std::string text;
    for (auto const byte : key) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

/// Of its text, which may be any.
std::optional<InputKey> key_in(std::string const& text) {
    InputKey key{};
    auto const digit = [&](std::size_t at) { return std::string{"0123456789abcdef"}.find(text[at]); };
    if (text.size() != 2 * key.size()) return std::nullopt;
    for (std::size_t i = 0; i < key.size(); ++i) {
        auto const high = digit(2 * i);
        auto const low = digit(2 * i + 1);
        if (high == std::string::npos || low == std::string::npos) return std::nullopt;
        key[i] = static_cast<std::byte>(high * 16 + low);
    }
    return key;
}

}  // namespace

MovedFiles::MovedFiles(fs::path folder, fs::path aside)
    : folder_(std::move(folder)), aside_(std::move(aside)) {
    // What earlier sessions have left.
    std::error_code problem;
    for (fs::directory_iterator at{aside_, problem}; !problem && at != fs::directory_iterator{};
         at.increment(problem)) {
        auto const name = at->path().stem().string();
        auto const end = name.find('-');
        if (end == std::string::npos) continue;
        auto const key = key_in(name.substr(0, end));
        auto const task = parse_number<std::int64_t>(name.substr(end + 1));
        if (key && task) waiting_[*key].insert(*task);
    }
}

fs::path MovedFiles::place_of(std::int64_t task) const {
    return folder_ / std::to_string(task);
}

fs::path MovedFiles::place_aside(InputKey const& key, std::int64_t task) const {
    return aside_ / fmt::format("{}-{}", text_of(key), task);
}

void MovedFiles::put_aside(std::int64_t task, InputKey const& key) {
    auto const from = place_of(task);
    auto const to = place_aside(key, task);
    std::error_code ignored;
    for (auto const* end : endings) {
        // If it was put aside before the run died, what is in its place is another's.
        if (fs::exists(with(to, end), ignored) || !fs::exists(with(from, end), ignored)) continue;
        move_file(with(from, end), with(to, end));
        waiting_[key].insert(task);
    }
}

void MovedFiles::take(std::int64_t task, InputKey const& key, Row row) {
    auto const found = waiting_.find(key);
    if (found == waiting_.end()) return;
    bool const is_same = found->second.contains(task);
    // Those of an equal row that does not come any more.
    if (!is_same && has_files(place_of(task))) return;
    auto const before = is_same ? task : *found->second.begin();
    auto const aside = place_aside(key, before);
    found->second.erase(before);
    if (found->second.empty()) waiting_.erase(found);
    if (is_same) {
        // The database has it there anyway.
        move_files(aside, place_of(task));
    } else if (row == Row::stays) {
        due_.emplace_back(aside, task);
    } else {
        running_.emplace(task, aside);
    }
}

void MovedFiles::forget(std::int64_t task) {
    auto const found = running_.find(task);
    // One that could not be started has written none.
    if (found == running_.end() || !has_files(place_of(task))) return;
    std::error_code ignored;
    for (auto const* end : endings) fs::remove(with(found->second, end), ignored);
    running_.erase(found);
}

void MovedFiles::settle() {
    for (auto const& [aside, task] : due_) move_files(aside, place_of(task));
    due_.clear();
}

void MovedFiles::end() {
    settle();
    for (auto const& [task, aside] : running_) {
        // An attempt that was not its last may have written others.
        if (!has_files(place_of(task))) move_files(aside, place_of(task));
    }
    running_.clear();
    std::error_code ignored;
    fs::remove(aside_, ignored);  // if nothing is in it
}

}  // namespace rankpool::batch
