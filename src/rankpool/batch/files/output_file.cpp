// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/output_file.hpp"

#include "rankpool/batch/files/input_error.hpp"

namespace rankpool::batch {
namespace {

/// A name that cannot be written is a person's mistake, or a disk's that a person can mend.
template <class Work>
decltype(auto) as_input_error(Work work) {
    try {
        return work();
    } catch (FileError const& error) {
        throw InputError(error.what());
    }
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path const& path)
    : file_(as_input_error([&] {
          return AtomicFile{path, AtomicFile::Links::followed};
      })) {}

void OutputFile::check(std::filesystem::path const& path) {
    as_input_error([&] { AtomicFile::check(path, AtomicFile::Links::followed); });
}

void OutputFile::write(std::string_view bytes) {
    as_input_error([&] { file_.write(bytes); });
}

void OutputFile::commit() {
    as_input_error([&] { file_.commit(); });
}

}  // namespace rankpool::batch
