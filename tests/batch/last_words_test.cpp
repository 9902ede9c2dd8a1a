// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/last_words.hpp"

#include <gtest/gtest.h>

namespace rankpool::batch {
namespace {

std::string const rule(74, '-');

TEST(LastWordsTest, the_last_line_with_a_word_in_it) {
    EXPECT_EQ(last_words("working\nno 2\n", ""), "no 2");
    EXPECT_EQ(last_words("Error: no convergence\n-------\n", ""), "Error: no convergence");
    EXPECT_EQ(last_words("Error: x\n" + rule + "\n\n***\n  \n", ""), "Error: x");
    EXPECT_EQ(last_words("10 %\r20 %\rdone\r\n", ""), "done");
    EXPECT_EQ(last_words("fehlt: \xc3\xa4\n...", ""), "fehlt: \xc3\xa4");
    EXPECT_EQ(last_words("no end of line", ""), "no end of line");
}

TEST(LastWordsTest, the_first_paragraph_of_a_frame) {
    EXPECT_EQ(last_words("noise\n" + rule +
                             "\nmpirun has detected an attempt to run\nas root.\n\nMore words here.\n" +
                             rule + "\n",
                         ""),
              "mpirun has detected an attempt to run as root.");
    EXPECT_EQ(last_words(rule + "\nFirst.\n" + rule + "\n" + rule + "\n\nSecond.\n" + rule + "\n", ""),
              "Second.");
    EXPECT_EQ(last_words(rule + "\n" + rule + "\n", "said before"), "said before");
}

TEST(LastWordsTest, stdout_where_stderr_says_nothing) {
    EXPECT_EQ(last_words("", "residual 1e9\nERROR STOP\n"), "ERROR STOP");
    EXPECT_EQ(last_words("\n---\n", "x"), "x");
    EXPECT_EQ(last_words("", ""), "");
    EXPECT_EQ(last_words("", std::string(1 << 20, '\n')), "");
    EXPECT_EQ(last_words(std::string(1000, 'x'), "").size(), 503U);
}

}  // namespace
}  // namespace rankpool::batch
