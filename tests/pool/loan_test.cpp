// SPDX-License-Identifier: MIT
// Large blocks, which their receiver reads where they lie.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

using Numbers = std::vector<std::uint64_t>;
constexpr std::size_t length = 1'000'000;

Numbers counted_from(std::uint64_t first) {
    Numbers all(length);
    std::iota(all.begin(), all.end(), first);
    return all;
}
Numbers next_of(Numbers all) {
    for (auto& number : all) ++number;
    return all;
}

/// From here on this process may not read another's memory, as in some containers.
void forbid_reading() {
    std::array<sock_filter, 4> filter{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the call's number is at the front
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    sock_fprog const program{filter.size(), filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        throw std::runtime_error("cannot forbid it");
    }
}

TEST(PoolLoans, go_by_messages_where_reading_is_forbidden) {
    auto pool = context().pool(1);
    pool.apply<forbid_reading>();
    // The first is refused, the others are not offered.
    for (std::uint64_t i = 0; i < 4; ++i) {
        ASSERT_TRUE(pool.apply<next_of>(counted_from(i)) == counted_from(i + 1)) << i;
    }
}

/// Whose loading ends its sender, once, when the numbers have been lent.
struct Ungrateful {
    std::string tally;
    pid_t sender = 0;
    Numbers numbers;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        if (Archive::is_saving::value) sender = ::getpid();
        archive& tally& sender;
        if (Archive::is_loading::value && Tally::count(tally) == 0) {
            Tally::add(tally);
            ::kill(sender, SIGKILL);
            while (::kill(sender, 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        archive& numbers;
    }
};
Ungrateful make_ungrateful(std::string const& tally) {
    return {tally, 0, counted_from(7)};
}

TEST(PoolLoans, a_lender_that_dies_is_replaced) {
    auto pool = context().pool();
    Tally kills;
    EXPECT_TRUE(pool.apply<make_ungrateful>(kills.name()).numbers == counted_from(7));
    EXPECT_EQ(kills.count(), 1);
}

/// Reads a large block in many small pieces, or stops in its middle.
struct Nibbler {
    bool stops = false;
    Numbers numbers;

    template <class Archive>
    void save(Archive& archive, unsigned /*version*/) const {
        archive& stops;
        archive.save_binary(numbers.data(), numbers.size() * sizeof(std::uint64_t));
    }
    template <class Archive>
    void load(Archive& archive, unsigned /*version*/) {
        archive& stops;
        for (std::size_t i = 0; i < length; ++i) {
            if (stops && i == length / 2) throw std::runtime_error("enough");
            std::uint64_t number = 0;
            archive.load_binary(&number, sizeof number);
            numbers.push_back(number);
        }
    }
    BOOST_SERIALIZATION_SPLIT_MEMBER()
};
Nibbler make_nibbler(bool stops) {
    return {stops, counted_from(3)};
}

TEST(PoolLoans, are_read_in_pieces_of_any_size_or_not_to_their_end) {
    auto pool = context().pool();
    EXPECT_TRUE(pool.apply<make_nibbler>(false).numbers == counted_from(3));
    EXPECT_THROW(pool.apply<make_nibbler>(true), Error);
    EXPECT_TRUE(pool.apply<next_of>(counted_from(1)) == counted_from(2));
}

}  // namespace
}  // namespace rankpool
