// SPDX-License-Identifier: MIT
#include "rankpool/task/table.hpp"

#include "rankpool/task/task.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

namespace rankpool::task {
namespace {

int one() {
    return 1;
}
int two() {
    return 2;
}

using One = Task<Function<one>>;
using Two = Task<Function<two>>;
using Lambda = Task<decltype([] { return 3; })>;

TEST(TableTest, each_task_has_an_id_and_a_name) {
    std::set<FunctionId> const ids{One::id(), Two::id(), Lambda::id()};
    EXPECT_EQ(ids.size(), 3U);
    auto const entries = table().entries();
    ASSERT_LT(*ids.rbegin(), FunctionId{static_cast<std::uint32_t>(entries.size())});
    EXPECT_EQ(entries[One::id().value].load, &One::load);
    EXPECT_NE(std::string{entries[Two::id().value].name}.find("two"), std::string::npos);
}

// Never called: mentioned is enough.
[[maybe_unused]] FunctionId mentioned() {
    return Task<Function<one>>::id();
}

TEST(TableTest, one_task_is_entered_once) {
    int found = 0;
    for (Entry const& entry : table().entries()) found += entry.load == &One::load ? 1 : 0;
    EXPECT_EQ(found, 1);
}

TEST(TableTest, an_unknown_id_is_refused) {
    wire::Source nothing{{}};
    EXPECT_THROW(load(FunctionId{1'000'000}, nothing), UsageError);
}

TEST(TableTest, the_fingerprint_is_the_same_in_another_process_of_the_program) {
    std::string const command =
        "exec " + std::filesystem::read_symlink("/proc/self/exe").string() +
        " --gtest_also_run_disabled_tests --gtest_filter='*DISABLED_print_fingerprint'";
    FILE* const output = ::popen(command.c_str(), "r");
    ASSERT_NE(output, nullptr);
    std::string text;
    for (int c = std::fgetc(output); c != EOF; c = std::fgetc(output)) text += static_cast<char>(c);
    EXPECT_EQ(::pclose(output), 0);
    EXPECT_NE(text.find("fingerprint=" + std::to_string(program_fingerprint()) + "\n"), std::string::npos)
        << text;
}

TEST(TableTest, DISABLED_print_fingerprint) {
    std::printf("fingerprint=%llu\n", static_cast<unsigned long long>(program_fingerprint()));
}

// The last test to touch the table: it adds what no call site has.
TEST(TableTest, the_fingerprint_changes_with_the_table) {
    auto const before = program_fingerprint();
    table().add({"another", &One::load});
    EXPECT_NE(program_fingerprint(), before);
}

}  // namespace
}  // namespace rankpool::task
