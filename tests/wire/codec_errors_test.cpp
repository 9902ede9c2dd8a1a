// SPDX-License-Identifier: MIT
#include "tests/wire/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rankpool::wire::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

enum class Throws { standard, number, broken_stream };

struct PeerIsGone : ClosedError, StreamBroken {
    using ClosedError::ClosedError;
};

template <Throws What>
struct Thrower {
    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {
        if (What == Throws::standard) throw std::out_of_range("no such cell");
        if (What == Throws::number) throw 42;
        if (What == Throws::broken_stream) throw PeerIsGone("nobody reads");
    }
};

TEST(CodecErrorsTest, what_serialize_throws_becomes_a_serialization_error_that_names_the_type) {
    BufferSink sink;
    EXPECT_THAT([&] { encode(sink, Thrower<Throws::standard>{}); },
                ThrowsMessage<SerializationError>(AllOf(HasSubstr("cannot encode a "), HasSubstr("Thrower"),
                                                        HasSubstr("(std::out_of_range: no such cell)"))));
    EXPECT_THAT([&] { encode(sink, Thrower<Throws::number>{}); },
                ThrowsMessage<SerializationError>(HasSubstr("(int: 42)")));
    Bytes const bytes(100);
    EXPECT_THAT([&] { value_of<Thrower<Throws::number>>(bytes); },
                ThrowsMessage<SerializationError>(HasSubstr("cannot decode a ")));
    EXPECT_THAT([&] { value_of<double>({}); },
                ThrowsMessage<SerializationError>(
                    AllOf(HasSubstr("cannot decode a double"), HasSubstr("cannot read 8 bytes"))));
}

TEST(CodecErrorsTest, a_broken_stream_is_no_fault_of_the_value) {
    BufferSink sink;
    EXPECT_THROW(encode(sink, Thrower<Throws::broken_stream>{}), PeerIsGone);
    EXPECT_THROW(value_of<Thrower<Throws::broken_stream>>(Bytes(100)), PeerIsGone);
}

struct Swallows {
    std::vector<double> data = std::vector<double>(100);
    int last = 1;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        try {
            archive& data;
        } catch (...) {
        }
        archive& last;
    }
};

TEST(CodecErrorsTest, a_reached_limit_passes_through_serialize) {
    BufferSink sink{100};
    encode(sink, 1.0);
    EXPECT_THROW(encode(sink, std::vector<double>(100)), LimitReached);
    sink.truncate(8);
    EXPECT_THROW(encode(sink, Particle{"p", 0, std::vector<double>(100), {}}), LimitReached);
    sink.truncate(8);
    EXPECT_THROW(encode(sink, Swallows{}), LimitReached);
    sink.truncate(8);
    encode(sink, 2.0);
    Source source{sink.bytes()};
    EXPECT_EQ(decode<double>(source), 1.0);
    EXPECT_EQ(decode<double>(source), 2.0);
}

}  // namespace
}  // namespace rankpool::wire::testing
