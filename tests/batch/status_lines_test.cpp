// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/status_lines.hpp"

#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/utf8.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <random>

namespace rankpool::batch {
namespace {

using testing::HasSubstr;

/// As a run that is at work writes it.
constexpr std::string_view live = R"({
 "job": "sweep", "things": "points", "state": "running", "pid": 7, "host": "n1", "started": 1.7e9,
 "written": 1.7e9, "seconds": 21.5, "pool_workers": 4, "total": 100, "ok": 40, "failed": 1, "lost": 0,
 "in_flight": 8, "rate": 2, "mean_seconds": 0.5, "seconds_left": 30, "seconds_left_spread": 2,
 "failures": [{"count": 1, "error": "bad"}], "slowest": [{"task": 3, "seconds": 2}],
 "workers": [{"rank": 0, "pid": 8, "host": "n1", "doing": "task", "task": 3, "input": "x=1", "since": 1.7e9},
             {"rank": 1, "pid": 9, "host": "n1", "doing": "waiting"}], "workers_left_out": 1, "held": [
   {"object": "semaphore 2 of rank 0", "process": "PoolWorker-1", "rank": 0, "waits": false, "amount": 2, "seconds": 3},
   {"object": "semaphore 2 of rank 0", "process": "PoolWorker-2", "rank": 1, "waits": true, "amount": 0}]})";

/// Whatever the text is, what is told of it can be shown.
void look_at(std::string_view text) {
    auto const json = parse_object(text);
    if (!json) return;
    auto const lines = status_lines(*json, 200);
    ASSERT_EQ(printable_lines(lines), lines) << text;
    ASSERT_TRUE(is_utf8(dumped(*json, 2))) << text;
}

TEST(StatusLinesTest, tells_what_there_is) {
    auto const lines = status_lines(*parse_object(live), 200);
    EXPECT_THAT(lines, HasSubstr("sweep  running\n40 ok, 1 failed, 0 lost of 100; 59 left, 8 handed out\n"));
    EXPECT_THAT(lines, HasSubstr("  and 1 more\n  and 1 not heard of\n"));
    EXPECT_THAT(lines, HasSubstr("\nheld and waited for\n  semaphore 2 of rank 0    is held 2 times by "
                                 "PoolWorker-1 on rank 0 for 3.0 s\n"
                                 "  semaphore 2 of rank 0    is waited for by PoolWorker-2 on rank 1\n"));
    EXPECT_THAT(status_lines(*parse_object("{}"), 200), HasSubstr("0 ok, 0 failed, 0 lost\n"));
}

TEST(StatusLinesTest, every_field_may_be_anything) {
    auto const original = *parse_object(live);
    nlohmann::ordered_json const odd[] = {nullptr,
                                          true,
                                          -1,
                                          1e300,
                                          -1e300,
                                          std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::uint64_t>::max(),
                                          "",
                                          "\x1b[2J\xff\n",
                                          nlohmann::ordered_json::array(),
                                          nlohmann::ordered_json::object(),
                                          {{"a", 1}},
                                          nlohmann::ordered_json::array({1, "x", nullptr})};
    for (auto const& [name, value] : original.items()) {
        for (auto const& other : odd) {
            auto changed = original;
            changed[name] = other;
            look_at(dumped(changed, -1));
            if (!value.is_array()) continue;
            for (auto const& [inner, ignored] : value[0].items()) {
                changed = original;
                changed[name][0][inner] = other;
                look_at(dumped(changed, -1));
            }
            changed[name][0] = other;
            look_at(dumped(changed, -1));
        }
    }
}

TEST(StatusLinesTest, damaged_text_does_no_harm) {
    std::mt19937 random{1};
    for (int round = 0; round < 20'000; ++round) {
        std::string text{live};
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            auto const at = random() % text.size();
            switch (random() % 4) {
                case 0:
                    text[at] = static_cast<char>(random());
                    break;
                case 1:
                    text.erase(at, random() % 20);
                    break;
                case 2:
                    text.insert(at, text.substr(random() % text.size(), random() % 20));
                    break;
                default:
                    text.insert(at, "e999");
            }
        }
        ASSERT_NO_FATAL_FAILURE(look_at(text));
    }
}

TEST(StatusLinesTest, what_lies_too_deep_is_none) {
    auto const nested = [](std::size_t depth) {
        return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(parse_object(nested(10)));
    EXPECT_FALSE(parse_object(nested(100)));
    EXPECT_FALSE(parse_object(nested(3'000'000)));
    EXPECT_FALSE(parse_object(R"({"a":)" + std::string(3'000'000, '[')));
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
    EXPECT_FALSE(parse_object(objects));
    for (auto const* text : {"", "[]", "1", "{", "{}}", "\"x\"", "{\"a\":1e999}"})
        EXPECT_FALSE(parse_object(text)) << text;
}

TEST(StatusLinesTest, no_number_is_too_large_to_be_shown) {
    for (double const number : {1e300, -1e300, std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN(), 1e19, -1e19}) {
        EXPECT_FALSE(duration_text(number).empty());
        EXPECT_THAT(time_text(number), HasSubstr("s since 1970"));
    }
    EXPECT_EQ(duration_text(1e11), "27777777:46:40 h");
    EXPECT_THAT(time_text(1.7e9), HasSubstr("2023-11-1"));
}

}  // namespace
}  // namespace rankpool::batch
