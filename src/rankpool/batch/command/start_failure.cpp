// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/start_failure.hpp"

#include "rankpool/core/printable.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace rankpool::batch {
namespace {

/// Linux: 32 pages, with the null at its end.
constexpr std::size_t longest_word = 131071;

/// What a suggestion follows.
struct Reason {
    std::string why;
    std::string suggestion;
};

bool exists(std::string const& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0;
}

std::string start_of(std::string const& file) {
    constexpr std::size_t enough = 256;
    std::string text(enough, '\0');
    std::ifstream in{file, std::ios::binary};
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    return text;
}

/// That its first line names; empty where it names none.
std::string interpreter_of(std::string const& file) {
    std::string text = start_of(file);
    if (!text.starts_with("#!")) return {};
    text.erase(0, std::min(text.size(), text.find_first_not_of(" \t", 2)));
    text.resize(std::min(text.size(), text.find_first_of(" \t\n")));
    return text;
}

Reason reason_of_script(std::string const& interpreter, int problem) {
    if (interpreter.ends_with('\r')) {
        return {fmt::format("its first line names {} as its interpreter: it ends in a carriage return, \\r, "
                            "as Windows writes lines",
                            printable(interpreter)),
                "Write it anew by dos2unix?"};
    }
    if (exists(interpreter)) {
        return {fmt::format("its interpreter, {}, which its first line names: {}", printable(interpreter),
                            std::strerror(problem)),
                "Can that be run?"};
    }
    return {fmt::format("its first line names {} as its interpreter, and there is no such file",
                        printable(interpreter)),
            "Is that on every node?"};
}

Reason reason_of_missing(std::string const& name, std::vector<std::string> const& files) {
    auto const there = std::ranges::find_if(files, exists);
    if (there != files.end()) {
        auto const interpreter = interpreter_of(*there);
        if (!interpreter.empty()) return reason_of_script(interpreter, ENOENT);
        return {"the file is there, but not the loader that it names",
                "Was it built for another system, and what does ldd say?"};
    }
    if (name.find('/') != std::string::npos) return {"there is no such file", "Is it there on every node?"};
    if (exists("./" + name)) {
        return {"it is in no folder of PATH, but in the current one", fmt::format("Write ./{}?", name)};
    }
    return {"No such file or directory", "Is it there on every node, and in PATH?"};
}

Reason reason_of_refused(std::string const& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {std::strerror(errno), "May you look into its folder?"};
    if (S_ISDIR(status.st_mode)) return {"it is a folder", "Name a file in it?"};
    if (!S_ISREG(status.st_mode)) return {"it is no regular file", "Is its name right?"};
    if (::access(file.c_str(), X_OK) != 0) return {"it is there, but may not be executed", "chmod +x?"};
    auto const interpreter = interpreter_of(file);
    if (!interpreter.empty()) return reason_of_script(interpreter, EACCES);
    return {std::strerror(EACCES), "Is its file system mounted with noexec?"};
}

Reason reason_of_length(std::vector<std::string> const& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].size() <= longest_word) continue;
        return {fmt::format("its word {} has {} bytes, and a word may have {} bytes", i + 1, words[i].size(),
                            longest_word),
                "Give it in a file?"};
    }
    std::size_t bytes = 0;
    for (auto const& word : words) bytes += word.size() + 1 + sizeof(char*);
    for (char** entry = environ; entry && *entry; ++entry) {
        std::string_view const variable{*entry};
        bytes += variable.size() + 1 + sizeof(char*);
        if (variable.size() <= longest_word) continue;
        return {fmt::format("the variable {} has {} bytes, and it may have {} bytes",
                            printable(variable.substr(0, variable.find('='))), variable.size(), longest_word),
                "Unset it?"};
    }
    return {fmt::format("its words and the environment have {} bytes, and they may have {} bytes together",
                        bytes, ::sysconf(_SC_ARG_MAX)),
            "Give them in a file, or raise ulimit -s?"};
}

Reason reason_of(std::vector<std::string> const& words, std::vector<std::string> const& files, std::size_t at,
                 int problem) {
    switch (problem) {
        case ENOENT:
        case ENOTDIR:
            return reason_of_missing(words.front(), files);
        case EACCES:
            return reason_of_refused(files[at]);
        case E2BIG:
            return reason_of_length(words);
        case ENOEXEC:
            return {"it is neither text nor a program for this kind of machine", "Was it built for another?"};
        case ETXTBSY:
            return {"it is being written, also 2 s later", "Is it still being built or copied?"};
        case EAGAIN:
        case ENOMEM:
        case EMFILE:
        case ENFILE:
            return {std::string{std::strerror(problem)} + ", for 10 s",
                    "Are there too many processes on this node (ulimit -u), or is its memory full?"};
        default:
            return {std::strerror(problem), "Is it there on every node, and in PATH?"};
    }
}

}  // namespace

bool is_script(std::string const& file) {
    std::string const text = start_of(file);
    // As bash sees it: a program of another machine has a null byte before its first line ends.
    std::string const line = text.substr(0, text.find('\n'));
    return line.find('\0') == std::string::npos;
}

std::string why_not_started(std::vector<std::string> const& words, std::vector<std::string> const& files,
                            std::size_t at, int problem) {
    auto const reason = reason_of(words, files, at, problem);
    std::string name = words.front();
    constexpr std::size_t enough = 200;
    if (name.size() > enough) name = name.substr(0, enough) + "...";
    return fmt::format("cannot start {} ({}). {}", name, reason.why, reason.suggestion);
}

}  // namespace rankpool::batch
