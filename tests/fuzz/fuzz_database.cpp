// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/report/run_facts.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/error.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace batch = rankpool::batch;

/// A folder in memory, where there is one.
std::filesystem::path folder() {
    std::string text = std::filesystem::is_directory("/dev/shm") ? "/dev/shm/rankpool-fuzz-XXXXXX"
                                                                 : "/tmp/rankpool-fuzz-XXXXXX";
    if (!::mkdtemp(text.data())) std::abort();
    return text;
}

}  // namespace

/// Whatever the bytes are: a run that is read and resumed, or an error in words.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static std::filesystem::path const run = folder();
    auto const file = run / "results.sqlite";
    std::ofstream{file, std::ios::binary}.write(reinterpret_cast<char const*>(data),
                                                static_cast<std::streamsize>(size));
    try {
        (void)batch::read_facts(file);
    } catch (batch::InputError const&) {
    }
    try {
        auto store = batch::Store::resume(file);
        for (int task = 0; task < 4; ++task) store.claim(task, {});
        store.for_each_duration([](double) {});
        store.for_each_result([](std::span<batch::Value const>) {});
        store.for_each_failure([](std::int64_t, std::string const&, std::span<batch::Value const>) {});
    } catch (rankpool::Error const&) {
    }
    std::error_code ignored;
    for (auto const* suffix : {"", "-journal", "-wal", "-shm"})
        std::filesystem::remove(file.string() + suffix, ignored);
    return 0;
}
