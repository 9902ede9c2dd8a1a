// SPDX-License-Identifier: MIT
#include "rankpool/rank/bundles.hpp"

#include "rankpool/protocol/nonsense.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace rankpool::supervisor {
namespace {

using transport::Inbox;

struct Sent {
    int to;
    int inbox;
    std::string bytes;

    bool operator==(Sent const&) const = default;
};

std::string text(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

Buffer frame_of(std::string const& payload) {
    link::FrameHeader header;
    header.size = static_cast<std::uint32_t>(payload.size());
    Buffer frame{sizeof header + payload.size()};
    std::memcpy(frame.data(), &header, sizeof header);
    std::memcpy(frame.data() + sizeof header, payload.data(), payload.size());
    return frame;
}

std::string whole(std::string const& payload) {
    return text(frame_of(payload).bytes());
}

std::vector<std::string> payloads(std::string const& bundle) {
    std::vector<std::string> found;
    for_each_frame(std::as_bytes(std::span{bundle}),
                   [&](link::Frame const& frame) { found.push_back(text(frame.payload)); });
    return found;
}

class BundlesTest : public testing::Test {
  protected:
    void add(int to, int inbox, std::string const& payload) {
        bundles_.add(Rank{to}, Inbox{inbox}, frame_of(payload));
    }

    std::vector<Sent> sent_;
    Bundles bundles_{4, [this](Rank to, Inbox inbox, Buffer message) {
                         sent_.push_back({to.value, static_cast<int>(inbox), text(message.bytes())});
                     }};
};

TEST_F(BundlesTest, SendsNothingBeforeTheStepEnds) {
    add(1, 7, "a");
    EXPECT_TRUE(sent_.empty());
    bundles_.flush();
    EXPECT_EQ(sent_.size(), 1U);
    bundles_.flush();
    EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(BundlesTest, SendsASingleFrameToItsOwnInbox) {
    add(1, 7, "a");
    add(2, 0, "b");
    bundles_.flush();
    EXPECT_EQ(sent_, (std::vector<Sent>{{1, 7, whole("a")}, {2, 0, whole("b")}}));
}

TEST_F(BundlesTest, SendsSeveralForARankInTheirOrderAsOneMessage) {
    add(1, 7, "a");
    add(2, 0, "b");
    add(1, 0, "");
    add(1, 9, "c");
    bundles_.flush();
    ASSERT_EQ(sent_.size(), 2U);
    EXPECT_EQ(sent_[0].to, 1);
    EXPECT_EQ(Inbox{sent_[0].inbox}, inbox_of_bundles);
    EXPECT_EQ(payloads(sent_[0].bytes), (std::vector<std::string>{"a", "", "c"}));
    EXPECT_EQ(sent_[1], (Sent{2, 0, whole("b")}));
}

TEST_F(BundlesTest, SendsWhatOthersMustNotOvertake) {
    add(1, 7, "a");
    add(2, 8, "b");
    bundles_.flush(Rank{2});
    EXPECT_EQ(sent_, (std::vector<Sent>{{2, 8, whole("b")}}));
    add(2, 8, "c");
    bundles_.flush();
    EXPECT_EQ(sent_, (std::vector<Sent>{{2, 8, whole("b")}, {1, 7, whole("a")}, {2, 8, whole("c")}}));
}

TEST_F(BundlesTest, IsNeverLargerThanWhatIsSentAtOnce) {
    std::vector<std::string> expected;
    for (int i = 0; i < 100; ++i) {
        expected.push_back(std::string(static_cast<std::size_t>(i * 9), 'x'));
        add(3, 5, expected.back());
    }
    bundles_.flush();
    std::vector<std::string> got;
    for (Sent const& message : sent_) {
        EXPECT_LE(message.bytes.size(), Bundles::largest_bundle);
        for (std::string const& payload : payloads(message.bytes)) got.push_back(payload);
    }
    EXPECT_EQ(got, expected);
    EXPECT_LT(sent_.size(), 20U);
}

TEST(ForEachFrame, UsesWhatIsWholeAndRefusesTheRest) {
    std::string const bundle = whole("first") + whole("second");
    for (std::size_t cut = 1; cut < whole("second").size(); ++cut) {
        std::vector<std::string> found;
        auto const use = [&](link::Frame const& frame) { found.push_back(text(frame.payload)); };
        std::string const shorter = bundle.substr(0, bundle.size() - cut);
        EXPECT_THROW(for_each_frame(std::as_bytes(std::span{shorter}), use), link::Nonsense) << cut;
        EXPECT_EQ(found, std::vector<std::string>{"first"}) << cut;
    }
}

}  // namespace
}  // namespace rankpool::supervisor
