// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/word_list.hpp"

#include "rankpool/batch/store/run_record.hpp"

#include <gtest/gtest.h>

#include <set>

namespace rankpool::batch {
namespace {

/// All lists of up to three words of up to two letters, some of which divide or quote words elsewhere.
std::vector<std::vector<std::string>> many_lists() {
    std::string const letters{
        " ,\"\\[]\x80\xff\n"
        "a"};
    std::vector<std::string> words{"", "\xc3\xa4", "\\udc80"};
    for (char const one : letters) {
        words.emplace_back(1, one);
        for (char const other : letters) words.push_back(std::string{one} + other);
    }
    std::vector<std::vector<std::string>> lists{{}};
    for (std::size_t begin = 0, length = 0; length < 2; ++length) {
        std::size_t const end = lists.size();
        for (; begin < end; ++begin) {
            for (auto const& word : words) {
                lists.push_back(lists[begin]);
                lists.back().push_back(word);
            }
        }
    }
    return lists;
}

RunRecord run_of(std::string const& command) {
    RunRecord record;
    record.job = "exec";
    record.options = {{"command", command}};
    return record;
}

TEST(WordListTest, different_lists_have_different_texts) {
    std::set<std::string> texts;
    auto const lists = many_lists();
    for (auto const& list : lists) texts.insert(text_of_words(list));
    EXPECT_EQ(texts.size(), lists.size());
}

TEST(WordListTest, every_byte_is_told_apart) {
    std::set<std::string> texts;
    for (int byte = 0; byte < 256; ++byte)
        texts.insert(text_of_words({std::string(1, static_cast<char>(byte))}));
    EXPECT_EQ(texts.size(), 256U);
}

TEST(WordListTest, a_run_is_known_by_where_its_words_end) {
    auto const stored = run_of(text_of_words({"ls", "a b"}));
    EXPECT_TRUE(differences(stored, run_of(text_of_words({"ls", "a b"}))).empty());
    EXPECT_EQ(differences(stored, run_of(text_of_words({"ls", "a", "b"}))),
              std::vector<std::string>{R"(command: ["ls", "a b"] there, ["ls", "a", "b"] now)"});
}

TEST(WordListTest, a_run_of_an_earlier_version_is_known_where_no_word_has_a_blank) {
    auto const stored = run_of("ls a b");
    EXPECT_TRUE(differences(stored, run_of(text_of_words({"ls", "a", "b"}))).empty());
    EXPECT_EQ(differences(stored, run_of(text_of_words({"ls", "a b"}))).size(), 1U);
    EXPECT_EQ(differences(stored, run_of(text_of_words({"ls", "a", "c"}))).size(), 1U);
}

}  // namespace
}  // namespace rankpool::batch
