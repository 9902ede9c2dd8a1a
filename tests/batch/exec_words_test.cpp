// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/exec/value_list.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/words/word_template.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <memory>

namespace rankpool::batch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WordTemplateTest : public ::testing::Test {
  protected:
    std::string fill(std::string const& word, UnknownBraces unknown = UnknownBraces::kept) {
        return WordTemplate{word, columns_, unknown}.fill({fields_, 5, 2});
    }
    std::string complaint(std::string const& word, UnknownBraces unknown = UnknownBraces::kept) {
        try {
            return "filled in: " + fill(word, unknown);
        } catch (InputError const& error) {
            return error.what();
        }
    }

    Placeholder::Columns columns_{{"path", "x", "a:b"}, {}};
    std::vector<std::string> fields_{"d/e.f/g.tar.gz", "7", "colon"};
};

TEST_F(WordTemplateTest, fields_numbers_and_slots) {
    EXPECT_EQ(fill("{x}{path}{x}"), "7d/e.f/g.tar.gz7");
    EXPECT_EQ(fill("{2}-{#}-{%}-{#:03d}"), "7-5-2-005");
    EXPECT_EQ(fill("{a:b}{a:b:>7s}"), "colon  colon");
    EXPECT_EQ(fill(""), "");
}

TEST_F(WordTemplateTest, what_only_looks_like_one_is_quickly_known) {
    std::string json = "{";
    for (int i = 0; i < 300; ++i) json += "\"field" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    json.back() = '}';
    EXPECT_EQ(fill(json), json);
    for (char const mark : {':', '|', '/', '.'}) {
        auto const text = "{2" + std::string(300, mark) + "x}";
        EXPECT_EQ(fill(text), text);
    }
    EXPECT_EQ(fill("{x:99999d}"), "{x:99999d}");
    EXPECT_EQ(fill("{x:9999d}").size(), 9999U);
}

TEST_F(WordTemplateTest, paths_are_taken_apart) {
    EXPECT_EQ(fill("{path.} {path/} {path//} {path/.}"), "d/e.f/g.tar g.tar.gz d/e.f g.tar");
    EXPECT_EQ(fill("{1.} {1|basename|noext|ext|upper}"), "d/e.f/g.tar TAR");
    for (auto const& [path, parts] :
         std::vector<std::pair<std::string, std::string>>{{"name", "name name . name"},
                                                          {"/top", "/top top / top"},
                                                          {"d/.rc", "d/.rc .rc d .rc"},
                                                          {"a.b/c", "a.b/c c a.b c"}}) {
        fields_[0] = path;
        EXPECT_EQ(fill("{path.} {path/} {path//} {path/.}"), parts);
    }
}

TEST_F(WordTemplateTest, formats_are_for_numbers) {
    EXPECT_EQ(fill("{x:.3f} {x:05d} {x:x} {x:>3} {x:e}"), "7.000 00007 7   7 7.000000e+00");
    fields_[1] = "1e-3";
    EXPECT_EQ(fill("{x:.2f} {x:g}"), "0.00 0.001");
    EXPECT_THAT(complaint("{x:d}"), HasSubstr("'1e-3' is no whole number"));
    EXPECT_THAT(complaint("{path:.1f}"), HasSubstr("is no number"));
    EXPECT_EQ(fill("{x:}{x:zz}"), "{x:}{x:zz}");
}

TEST_F(WordTemplateTest, other_braces_stay) {
    for (auto const* word :
         {"{print $1}", R"({"k":{"l":1}})", "${x}", "{4}", "{0}", "{", "}", "{{", "{{ }}", "{a,b}", "{1..3}",
          "{other}", "{x", "x}", "{\n}", "{.5}", "{|}", "{:}", "{::}"}) {
        EXPECT_EQ(fill(word), word);
    }
    EXPECT_EQ(fill("{{x}} {{#}} {{path/}}"), "{x} {#} {path/}");
    EXPECT_EQ(fill(R"({"k":{x}})"), R"({"k":7})");
    EXPECT_EQ(fill("{:::} {::::}"), "::: ::::");
}

TEST_F(WordTemplateTest, a_letter_wrong_is_refused) {
    for (auto const* word : {"{pat}", "{paths}", "{pbth}", "{y}"}) {
        EXPECT_THAT(complaint(word), HasSubstr("did you mean {")) << word;
    }
    EXPECT_EQ(fill("{{y}}"), "{y}");
    EXPECT_THAT(complaint("{}"), HasSubstr("Name one of path, x, a:b?"));
    EXPECT_THAT(complaint("{other}", UnknownBraces::refused), HasSubstr("there is no column 'other'"));
}

TEST_F(WordTemplateTest, values_without_names_are_words) {
    columns_ = {{"value1", "value2"}, {0, 1}};
    fields_ = {"a b", "c"};
    std::vector<std::string> words;
    WordTemplate{"{}", columns_}.append_to(words, {fields_});
    WordTemplate{"<{}>", columns_}.append_to(words, {fields_});
    EXPECT_THAT(words, ElementsAre("a b", "c", "<a b c>"));
}

/// What the shell makes of it.
std::string shell_says(std::string const& text, std::string const& shell = "/bin/sh") {
    auto const command = shell + " -c " + quoted_within(ShellPlace::plain, text) + " 2>&1";
    std::unique_ptr<FILE, int (*)(FILE*)> const pipe{::popen(command.c_str(), "r"), ::pclose};
    std::string out;
    for (int letter = 0; (letter = std::fgetc(pipe.get())) != EOF;) out += static_cast<char>(letter);
    return out;
}

TEST(ShellTextTest, a_value_is_its_letters_wherever_it_stands) {
    Placeholder::Columns const columns{{"v"}, {}};
    std::string every;
    for (int letter = 1; letter < 256; ++letter) every += static_cast<char>(letter);
    for (auto const& value :
         std::vector<std::string>{every, "", "$(echo no)", "`echo no`", "'\"'", "\"'\"", "\\", "a\nb", "!x",
                                  "~", "*", "a=b", "-n", "$x", "${x}", "\\'$(echo no)"}) {
        for (auto const& [script, around] : std::vector<std::pair<std::string, std::string>>{
                 {"printf '%s' {v}", "{}"},
                 {"printf '%s' \"<{v}>\"", "<{}>"},
                 {"printf '%s' '<{v}>'", "<{}>"},
                 {"printf '%s' \"$(printf '%s.' \"{v}\")\"", "{}."},
                 {"printf '%s' \"$(printf '%s.' {v})$(printf '(')\"\"{v}\"", "{}.({}"},
                 {"printf '%s' x{v}y # {v}", "x{}y"},
                 {"(printf '%s' \"it's {v}\")", "it's {}"}}) {
            auto const text = WordTemplate{script, columns}.fill_for_shell({{value}});
            std::string wanted = around;
            for (auto at = wanted.find("{}"); at != std::string::npos;
                 at = wanted.find("{}", at + value.size())) {
                wanted.replace(at, 2, value);
            }
            EXPECT_EQ(shell_says(text), wanted) << text;
        }
    }
}

/// The line for the value; why there is none where it is refused.
struct ShellLine {
    std::string text;
    std::string refused;
};
ShellLine line_for(std::string const& script, std::string const& value) {
    Placeholder::Columns const columns{{"v"}, {}};
    try {
        return {WordTemplate{script, columns}.fill_for_shell({{value}}), ""};
    } catch (InputError const& error) {
        return {"", error.what()};
    }
}

/// That would be run tells so; written out, they say nothing of the kind.
std::vector<std::string> const values_that_want_in{"; echo IN''JECTED #",       "$(echo IN''JECTED)",
                                                   "\"; echo IN''JECTED; \"",   "'; echo IN''JECTED; '",
                                                   "\"$(echo IN''JECTED >&2)",  "a\necho IN''JECTED\nb",
                                                   "`echo IN''JECTED`",         "\\\"; echo IN''JECTED #",
                                                   "a[$(echo IN''JECTED >&2)]", "); echo IN''JECTED; ("};

constexpr std::array shells{"/bin/sh", "bash"};

TEST(ShellTextTest, a_value_comes_through_where_a_reader_may_lose_its_place) {
    for (std::string const script :
         {R"sh(grep -c "\$(" /dev/null; printf %s {v})sh",
          R"sh(awk "{ print \"\$(\" }" /dev/null; printf %s {v})sh", R"sh(printf %s "\$({v})")sh",
          R"sh(printf %s \ #{v})sh", R"sh(printf %s a\;#{v})sh", R"sh(printf %s {v}#{v})sh",
          R"sh(printf %s "$"'a' {v})sh", R"sh(y='}"'; printf %s "${y}" "{v}")sh",
          R"sh(y=a; printf %s ${y#'"'} "${y%\"}" {v})sh", R"sh(y=a; printf %s "$(printf %s ${y%)} "{v}")")sh",
          R"sh(printf %s ${#} "${y:-$(printf %s "{v}")}")sh", R"sh(printf %s "$((1 + (2)))" {v})sh",
          R"sh(case a in a) printf %s {v};; esac)sh", R"sh(printf %s "`echo a`" {v})sh",
          "printf %s a\\\n {v}", "cat <<E; printf %s {v}\na\nE\n",
          R"sh(printf %s $(printf %s a) '{v}' # it's {v})sh", "# it's\nprintf %s {v}"}) {
        for (auto const& value : values_that_want_in) {
            for (auto const* const shell : shells) {
                auto const line = line_for(script, value);
                EXPECT_EQ(line.refused, "") << script;
                auto const out = shell_says(line.text, shell);
                EXPECT_THAT(out, HasSubstr(value)) << line.text;
                EXPECT_THAT(out, ::testing::Not(HasSubstr("INJECTED"))) << line.text;
            }
        }
    }
}

TEST(ShellTextTest, no_value_stands_where_a_shell_may_see_more_in_it) {
    for (auto const& [script, why] : std::vector<std::pair<std::string, std::string>>{
             {R"sh(y='"q'; echo "${y#'"'}" {v})sh", "after ${...} with quotes"},
             {R"sh(echo "${y:-"{v}"}")sh", "after ${...} with quotes"},
             {R"sh(echo "${y:-{v}}")sh", "in ${...}"},
             {R"sh(y=abc; echo ${y:{v}})sh", "in ${...}"},
             {R"sh(echo "$(case a in a) echo {v};; esac)")sh", "after case"},
             {R"sh(echo "$$({v})")sh", "after $$"},
             {R"sh(echo $((1 + {v})))sh", "is no number"},
             {R"sh(((1 < {v})))sh", "is no number"},
             {R"sh(echo $((1 + '{v}')))sh", "((...)) with quotes"},
             {R"sh(echo $[ {v} ])sh", "$[...]"},
             {R"sh(a[{v}]=1)sh", "in [...] after a name"},
             {R"sh(a[b[1]+{v}]=1)sh", "in [...] after a name"},
             {R"sh(echo "`echo '"'`" {v})sh", "after `...`"},
             {R"sh(echo $'\'' {v})sh", "after $'...'"},
             {"(true)#'\necho {v}", "may begin a comment"},
             {"echo \"$\\\n(echo \"{v}\")\"", "after a $"},
             {"cat <<E # it's\n{v}\nE\n", "here-document"}}) {
        for (auto const& value : values_that_want_in) {
            EXPECT_THAT(line_for(script, value).refused, HasSubstr(why)) << script;
        }
    }
    EXPECT_EQ(line_for("echo $(({v} + 1))", "-0x1f").text, "echo $((-0x1f + 1))");
    EXPECT_THAT(line_for("echo $(({v} + 1))", "HOME").refused, HasSubstr("is no number"));
}

TEST(ValueListTest, ranges_are_of_what_decimals_mean) {
    EXPECT_THAT(values_in("0:0.5:0.1"), ElementsAre("0", "0.1", "0.2", "0.3", "0.4", "0.5"));
    EXPECT_THAT(values_in("1:-1:-1"), ElementsAre("1", "0", "-1"));
    EXPECT_THAT(values_in("1e-3:3e-3:1e-3"), ElementsAre("0.001", "0.002", "0.003"));
    EXPECT_THAT(values_in("0:2"), ElementsAre("0", "1", "2"));
    EXPECT_THAT(values_in("0:1:0.3"), ElementsAre("0", "0.3", "0.6", "0.9"));
    EXPECT_THAT(values_in("-0.1:0.1:0.1"), ElementsAre("-0.1", "0", "0.1"));
    EXPECT_THAT(values_in("1-7:3,a,2-3"), ElementsAre("1", "4", "7", "a", "2", "3"));
    EXPECT_THAT(values_in("log:1:100:3"), ElementsAre("1", "10", "100"));
    EXPECT_THAT(values_in("log:5:9:1"), ElementsAre("5"));
    EXPECT_THAT(values_in("a:b"), ElementsAre("a:b"));
    EXPECT_THAT(values_in(""), ElementsAre(""));
    for (auto const* text :
         {"0:1:0", "0:1:x", "1:0:1", "log:1:2", "log:0:1:3", "log:1:2:0", "0:1e9:1e-3", "1-99999999"}) {
        EXPECT_THROW(values_in(text), InputError) << text;
    }
    EXPECT_THAT(values_of_word("2020-01"), ElementsAre("2020-01"));
    EXPECT_THAT(values_of_word("0:1:0.5"), ElementsAre("0:1:0.5"));
}

TEST(AnyValueTest, numbers_that_give_their_text_back) {
    EXPECT_EQ(number_in("12"), Value{std::int64_t{12}});
    EXPECT_EQ(number_in("-7"), Value{std::int64_t{-7}});
    EXPECT_EQ(number_in("0.50"), Value{0.5});
    EXPECT_EQ(number_in("-3.25"), Value{-3.25});
    for (auto const* text : {"", "-", "007", "1e5", "+1", ".5", "5.", "0x1", "1 ", "-0", "inf",
                             "1234567890123456789", "0.1234567890123456", "1.2.3"}) {
        EXPECT_EQ(number_in(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace rankpool::batch
