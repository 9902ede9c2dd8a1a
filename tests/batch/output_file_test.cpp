// SPDX-License-Identifier: MIT
#include "rankpool/batch/output_file.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <gmock/gmock.h>

namespace rankpool::batch {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(OutputFileTest, every_failure_is_an_error_of_the_input) {
    EXPECT_THAT([] { OutputFile{"/no/such/out.csv"}; },
                ThrowsMessage<InputError>(HasSubstr("No such file or directory")));
    EXPECT_THAT([] { OutputFile::check("/proc"); }, ThrowsMessage<InputError>(HasSubstr("Is a directory")));
    OutputFile file{"/dev/full"};
    file.write("text");
    EXPECT_THAT([&] { file.commit(); }, ThrowsMessage<InputError>(HasSubstr("No space left")));
    OutputFile full{"/dev/full"};
    EXPECT_THAT([&] { full.write(std::string(1'000'000, 'x')); },
                ThrowsMessage<InputError>(HasSubstr("No space left")));
}

}  // namespace
}  // namespace rankpool::batch
