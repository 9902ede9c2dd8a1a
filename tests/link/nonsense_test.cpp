// SPDX-License-Identifier: MIT
// Links whose memory somebody has written into who should not: the reader comes to no harm, and knows.
#include "rankpool/link/link.hpp"
#include "rankpool/protocol/heads.hpp"

#include "tests/link/support.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdlib>
#include <random>

namespace rankpool::link {
namespace {

/// Both ends, and a third hand in their memory.
class NonsenseTest : public testing::Test {
  protected:
    NonsenseTest() {
        Link::Ends ends = Link::make();
        struct stat about {};
        EXPECT_EQ(::fstat(ends.memory.get(), &about), 0);
        size_ = static_cast<std::size_t>(about.st_size);
        void* const place = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, ends.memory.get(), 0);
        EXPECT_NE(place, MAP_FAILED);
        all_ = {static_cast<std::byte*>(place), size_};
        UniqueFd again{::dup(ends.memory.get())};
        supervisor_ = std::make_unique<Link>(Side::supervisor, std::move(ends.memory),
                                             std::move(ends.supervisor_socket));
        worker_ = std::make_unique<Link>(Side::worker, std::move(again), std::move(ends.worker_socket));
    }
    ~NonsenseTest() override { ::munmap(all_.data(), size_); }

    /// The control of the ring that the worker writes.
    RingControl& control() { return reinterpret_cast<RingControl*>(all_.data())[1]; }
    /// Its data.
    std::byte* data() { return all_.data() + size_ - Link::ring_capacity; }

    std::size_t size_ = 0;
    std::span<std::byte> all_;
    std::unique_ptr<Link> supervisor_;
    std::unique_ptr<Link> worker_;
};

TEST_F(NonsenseTest, positions_that_cannot_be) {
    ASSERT_TRUE(worker_->out().push(header_number(1), content(100, 1)));
    ASSERT_TRUE(supervisor_->in().next());
    std::uint64_t const right = control().written;
    for (std::uint64_t const wrong :
         {std::uint64_t{0}, std::uint64_t{8}, right - 8, right + 8, right + 39,
          right + Link::ring_capacity + 8, ~std::uint64_t{0}, std::uint64_t{1} << 63U}) {
        control().written = wrong;
        EXPECT_THROW((void)supervisor_->in().next(), Nonsense) << wrong;
    }
    control().written = right;
    EXPECT_FALSE(supervisor_->in().next());
}

TEST_F(NonsenseTest, sizes_that_cannot_be) {
    ASSERT_TRUE(worker_->out().push(header_number(1), content(100, 1)));
    for (std::uint32_t const wrong :
         {105U, 1000U, static_cast<std::uint32_t>(largest_payload),
          static_cast<std::uint32_t>(largest_payload) + 1, 0x7fffffffU, 0xfffffff0U, 0xffffffffU}) {
        std::memcpy(data(), &wrong, sizeof wrong);
        EXPECT_THROW((void)supervisor_->in().next(), Nonsense) << wrong;
    }
}

TEST_F(NonsenseTest, released_what_was_not_written) {
    auto const bytes = content(100'000, 1);
    while (worker_->out().push(header_number(1), bytes)) {
    }
    for (std::uint64_t const wrong : {Link::ring_capacity + 8, std::size_t{1} << 40U, ~std::size_t{0}}) {
        control().released = wrong;
        EXPECT_THROW((void)worker_->out().push(header_number(1), bytes), Nonsense) << wrong;
    }
    control().released = 0;
    EXPECT_FALSE(worker_->out().push(header_number(1), bytes));
}

TEST_F(NonsenseTest, drafts_that_cannot_be) {
    for (std::uint64_t const wrong :
         {std::uint64_t{0xffffffffU}, std::uint64_t{largest_payload} + 1, ~std::uint64_t{0}}) {
        control().draft = wrong;
        EXPECT_FALSE(supervisor_->in().salvage()) << wrong;
    }
    control().draft = 100;
    control().written = Link::ring_capacity * 3;
    EXPECT_FALSE(supervisor_->in().salvage());
}

TEST_F(NonsenseTest, a_frame_shorter_than_its_kind) {
    for (std::size_t const missing : {1U, 0U}) {
        auto header = header_number(1);
        header.kind = FrameKind::credit;
        ASSERT_TRUE(worker_->out().push(header, content(sizeof(Amount) - missing, 1)));
        auto const frame = supervisor_->in().next();
        ASSERT_TRUE(frame);
        if (missing > 0) {
            EXPECT_THROW((void)frame->head<FrameKind::credit>(), Nonsense);
            EXPECT_THROW((void)frame->tail<FrameKind::credit>(), Nonsense);
        } else {
            EXPECT_NO_THROW((void)frame->head<FrameKind::credit>());
            EXPECT_TRUE(frame->tail<FrameKind::credit>().empty());
        }
        supervisor_->in().release();
    }
}

TEST_F(NonsenseTest, a_frame_of_another_kind_than_its_readers) {
    auto header = header_number(1);
    header.kind = FrameKind::acknowledged;
    ASSERT_TRUE(worker_->out().push(header, content(sizeof(Amount), 1)));
    auto const frame = supervisor_->in().next();
    ASSERT_TRUE(frame);
    EXPECT_THROW((void)frame->head<FrameKind::credit>(), Nonsense);
    auto const head = frame->head<FrameKind::credit, FrameKind::acknowledged>();
    static_assert(std::is_same_v<decltype(head), Amount const>);
}

/// Random words anywhere, at any time: reading ends, within the rings.
TEST_F(NonsenseTest, random_words_anywhere) {
    int const seeds = std::getenv("RANKPOOL_CHAOS") ? 20'000 : 300;
    int found = 0;
    for (int seed = 0; seed < seeds; ++seed) {
        std::mt19937_64 random{static_cast<unsigned>(seed)};
        Link::Ends ends = Link::make();
        void* const place = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, ends.memory.get(), 0);
        ASSERT_NE(place, MAP_FAILED);
        auto* const words = static_cast<std::uint64_t*>(place);
        Link link{Side::supervisor, UniqueFd{::dup(ends.memory.get())}, std::move(ends.supervisor_socket)};
        Link other{Side::worker, std::move(ends.memory), std::move(ends.worker_socket)};
        for (std::uint32_t i = 0; i < 5; ++i) {
            (void)other.out().push(header_number(i), content(random() % 3000, i));
            (void)link.out().push(header_number(i), content(random() % 3000, i));
        }
        // The control is small and matters most; the frames lie at the beginnings of the data.
        std::size_t const first_data = (size_ - 2 * Link::ring_capacity) / 8;
        std::size_t const second_data = first_data + Link::ring_capacity / 8;
        for (int i = 0; i < 8; ++i) {
            std::array<std::size_t, 3> const where{random() % 64, first_data + random() % 1000,
                                                   second_data + random() % 1000};
            words[where[random() % 3]] = seed % 2 == 0 ? random() : random() % 4096;
        }
        try {
            unsigned sum = 0;
            while (auto const frame = link.in().next()) {
                for (std::byte const byte : frame->payload) sum += static_cast<unsigned>(byte);
                link.in().release();
            }
            (void)link.in().salvage();
            while (link.out().push(header_number(1), content(50'000, 1))) {
            }
            EXPECT_GE(sum, 0U);
        } catch (Nonsense const&) {
            ++found;
        }
        ::munmap(place, size_);
    }
    EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace rankpool::link
