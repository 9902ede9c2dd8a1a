// SPDX-License-Identifier: MIT
#include "jobs/parts/data_table.hpp"

#include "rankpool/batch/job.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

namespace {

using jobs::DataForm;
using jobs::DataTable;
using jobs::HeaderRow;
using jobs::LabelColumn;
using jobs::MissingValues;
using rankpool::batch::InputError;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

jobs::DataFile read(std::string const& text, DataForm const& form = {}) {
    std::istringstream in{text};
    return jobs::read_data(in, "table.csv", form);
}

DataTable parse(std::string const& text, LabelColumn label = {}) {
    return read(text, {.label = label}).data;
}

std::string complaint(std::string const& text, DataForm const& form = {}) {
    try {
        read(text, form);
    } catch (InputError const& error) {
        return error.what();
    }
    return "none";
}

TEST(DataTableTest, classes_and_numbers) {
    DataTable const data = parse("x,y,kind\n1,2,b\n3,4,a\n5,6,b\n");
    EXPECT_EQ(data.features, 2U);
    EXPECT_THAT(data.values, ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(data.classes, ElementsAre("a", "b"));
    EXPECT_THAT(data.label, ElementsAre(1, 0, 1));
    EXPECT_THAT(parse("7,1,2\n8,3,4\n", {LabelColumn::Kind::first, 0}).values, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(parse("1,7,2\n3,8,4\n", {LabelColumn::Kind::number, 2}).classes, ElementsAre("7", "8"));
}

TEST(DataTableTest, a_first_row_of_another_length_names_things) {
    EXPECT_EQ(parse("2,2,good,bad\n1,2,0\n3,4,1\n").rows(), 2U);
}

TEST(DataTableTest, bad_rows_are_named) {
    EXPECT_THAT(complaint("1,2\n3\n"), testing::HasSubstr("row 2 has 1 fields instead of 2"));
    EXPECT_THAT(complaint("1,2\nx,3\n"), testing::HasSubstr("row 2 has 'x' in field 1"));
    EXPECT_THAT(complaint(""), testing::HasSubstr("no row of data"));
    EXPECT_THAT(complaint("1\n"), testing::HasSubstr("row 1 has one field"));
    EXPECT_THAT(complaint("1,\"2\n"), testing::HasSubstr("as CSV"));
}

std::string const rest = "1.0,2.0,a\n2.0,3.0,b\n1.1,2.1,a\n2.1,3.1,b\n";

TEST(DataTableTest, whether_the_first_row_names_things_is_told_by_the_others) {
    struct {
        char const* what;
        std::string first;
        std::string others;
        char const* outcome;  ///< names, data, or a part of what is said
    } const rows[] = {
        {"words", "x,y,class", rest, "names"},
        {"one name is known as a class", "x,y,a", rest, "names"},
        {"data", "1.5,2.5,a", rest, "data"},
        {"data with a plus and blanks", " +1.5 ,\t2.5, a", rest, "data"},
        {"pandas without names", "0,1,2", rest, "names"},
        {"pandas without names, with classes of numbers", "0,1,2", "1.5,2,0\n2,1,2\n1,1,0\n2,2,2\n", "names"},
        {"as good as data", "0,1,2", "1,2,0\n2,1,2\n1,1,0\n2,2,2\n", "cannot be told"},
        {"years", "2019,2020,class", rest, "names"},
        {"years only", "2018,2019,2020", rest, "names"},
        {"a label among numbers", "1,2,target", "1,2,0\n2,1,1\n", "names"},
        {"numbers near the others and a class that none has", "1.5,2.5,c", rest, "data"},
        {"a missing value", "?,1.0,a", rest, "row 1 has '?' in field 1, a missing value"},
        {"all missing", "NA,,b", rest, "row 1 has 'NA' in field 1, a missing value"},
        {"a typing error", "1.O,2.0,a", rest, "row 1 has '1.O' in field 1"},
        {"a typing error, and a class that none has", "1.O,2.0,c", rest, "cannot be told"},
        {"names and numbers", "x,2019,class", rest, "cannot be told"},
        {"one number, and a typing error", "1.O,a", "1,a\n2,b\n", "row 1 has '1.O' in field 1"},
        {"one name", "x,class", "1,a\n2,b\n", "names"},
        {"row numbers have no name", ",x,class", rest, "names"},
        {"another length", "4,2,good,bad", rest, "names"},
        {"another length of numbers", "4,2,1,0", rest, "row 2 has 3 fields instead of 4"},
    };
    for (auto const& [what, first, others, outcome] : rows) {
        std::string const text = first + "\n" + others;
        auto const lines = static_cast<std::size_t>(std::count(others.begin(), others.end(), '\n'));
        std::string const said = complaint(text);
        if (said != "none") {
            EXPECT_THAT(said, HasSubstr(outcome)) << what;
            continue;
        }
        auto const file = read(text);
        bool const are_names = outcome == std::string{"names"};
        EXPECT_EQ(file.data.rows(), are_names ? lines : lines + 1) << what;
        EXPECT_EQ(said, are_names || outcome == std::string{"data"} ? "none" : outcome) << what;
        if (are_names) {
            EXPECT_THAT(file.notes, Contains(HasSubstr("taken for names: '"))) << what;
        }
    }
}

TEST(DataTableTest, what_is_wanted_of_the_first_row_is_done) {
    DataForm const yes{.header = HeaderRow::yes};
    DataForm const no{.header = HeaderRow::no};
    EXPECT_EQ(read("1,2,a\n3,4,b\n", yes).data.rows(), 1U);
    EXPECT_THAT(read("1,2,a\n3,4,b\n", yes).notes, IsEmpty());
    EXPECT_EQ(read("0,1,2\n3.5,4,b\n", no).data.rows(), 2U);
    EXPECT_THAT(complaint("x,y,class\n3,4,b\n", no), HasSubstr("row 1 has 'x' in field 1"));
    EXPECT_THAT(complaint("1,2,a\n", yes), HasSubstr("no row of data"));
    EXPECT_THAT(complaint("x,y,class\n"), HasSubstr("no row of data"));
    EXPECT_EQ(read("1,2,a\n").data.rows(), 1U);
}

TEST(DataTableTest, a_first_row_that_may_be_names_is_told) {
    EXPECT_THAT(read("1.5,2.5,c\n" + rest).notes,
                ElementsAre(HasSubstr("no other row has its class 'c'. --header yes")));
    EXPECT_THAT(read(rest).notes, IsEmpty());
    EXPECT_THAT(read(std::string(5000, 'x') + ",y,c\n" + rest).notes,
                Each(testing::SizeIs(testing::Lt(200U))));
}

TEST(DataTableTest, rows_with_missing_values_are_refused_or_left_out) {
    DataForm const drop{.missing = MissingValues::drop};
    for (std::string const missing :
         {"", "?", "NA", "N/A", "NaN", "nan", " ", " ? ", "NULL", "None", "#N/A", "-", "."}) {
        std::string const text = rest + missing + ",2,a\n3,4,b\n";
        EXPECT_THAT(complaint(text), AllOf(HasSubstr("row 5 has '"), HasSubstr("a missing value"),
                                           HasSubstr("--missing drop")));
        auto const file = read(text, drop);
        EXPECT_EQ(file.data.rows(), 5U) << missing;
        EXPECT_THAT(file.notes, ElementsAre(HasSubstr("1 of 6 rows are left out")));
    }
    for (std::string const missing : {"", "?", "NA", "NaN"}) {
        std::string const text = rest + "1,2," + missing + "\n";
        EXPECT_THAT(complaint(text), HasSubstr("a missing value")) << "a class";
        EXPECT_EQ(read(text, drop).data.rows(), 4U);
    }
    EXPECT_EQ(read("?,1.0,a\n" + rest, drop).data.rows(), 4U) << "in the first row";
    EXPECT_EQ(read("1,2,-\n2,3,+\n3,4,-\n").data.classes.size(), 2U) << "classes may be called so";
    EXPECT_THAT(complaint("1,2,a\n1,inf,a\n"), HasSubstr("row 2 has 'inf' in field 2, which is no number"));
}

TEST(DataTableTest, columns_are_left_out_by_number_or_name) {
    auto const without = [](std::vector<std::string> columns) {
        return DataForm{.dropped = std::move(columns)};
    };
    std::string const text = "id,x,name,kind\n1,10,Ann,a\n2,20,Bob,b\n";
    EXPECT_THAT(read(text, without({"id", "name"})).data.values, ElementsAre(10, 20));
    EXPECT_THAT(read(text, without({"1", "3"})).data.values, ElementsAre(10, 20));
    EXPECT_THAT(read(text, without({"name", "kind"})).data.classes, ElementsAre("10", "20"))
        << "the last of the others";
    EXPECT_THAT(read("1,10,Ann,a\n2,20,Bob,b\n3,20,Cid,a\n", without({"1", "3"})).data.rows(), 3U);
    EXPECT_THAT(complaint(text, without({"nobody"})), HasSubstr("no column 'nobody' to leave out"));
    EXPECT_THAT(complaint(text, without({"0"})), HasSubstr("no column '0'"));
    EXPECT_THAT(complaint(text, without({"5"})), HasSubstr("no column '5'"));
    EXPECT_THAT(complaint(text, without({"1", "2", "3"})), HasSubstr("fewer than two columns"));
    EXPECT_THAT(complaint(text, {.label = {LabelColumn::Kind::number, 3}, .dropped = {"name"}}),
                HasSubstr("which --drop-columns leaves out"));
}

/// Tables as programs write them, and what they give.
TEST(DataTableTest, as_programs_write_it) {
    struct {
        char const* what;
        std::string text;
        DataForm form;
        std::vector<double> values;
        char const* note;  ///< a part of what is said, or nothing
    } const files[] = {
        {"UCI, iris",
         "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n\n",
         {},
         {5.1, 3.5, 1.4, 0.2, 4.9, 3.0, 1.4, 0.2},
         ""},
        {"UCI, adult: blanks after commas",
         "39, 77516, 13, <=50K\n50, 83311, 9, >50K\n38, 21564, ?, <=50K\n",
         {.missing = MissingValues::drop},
         {39, 77516, 13, 50, 83311, 9},
         "1 of 3 rows"},
        {"UCI, breast cancer: id first, ? for missing",
         "1000025,5,?,2\n1002945,5,4,4\n1015425,3,1,2\n",
         {.missing = MissingValues::drop, .dropped = {"1"}},
         {5, 4, 3, 1},
         "1 of 3 rows"},
        {"UCI, wine: class first",
         "1,14.23,1.71\n2,12.37,.94\n1,13.2,1.78\n",
         {.label = {LabelColumn::Kind::first, 0}},
         {14.23, 1.71, 12.37, .94, 13.2, 1.78},
         ""},
        {"Kaggle, titanic",
         "PassengerId,Age,Fare,Survived\n1,22,7.25,0\n2,,8.05,1\n3,35,53.1,1\n",
         {.missing = MissingValues::drop, .dropped = {"PassengerId"}},
         {22, 7.25, 35, 53.1},
         "taken for names"},
        {"Excel",
         "x,y,kind\r\n1,1.5E+03,a\r\n#N/A,2,b\r\n3,2,b\r\n",
         {.missing = MissingValues::drop},
         {1, 1500, 3, 2},
         "taken for names"},
        {"pandas, with its index",
         ",x,y,kind\n0,1.0,2.0,a\n1,3.0,,b\n2,5.0,6.0,b\n",
         {.missing = MissingValues::drop, .dropped = {"1"}},
         {1, 2, 5, 6},
         "taken for names"},
        {"pandas, its index kept", ",x,kind\n0,1.0,a\n1,3.0,b\n", {}, {0, 1, 1, 3}, "column 1 has no name"},
        {"R, write.csv",
         "\"\",\"x\",\"y\",\"kind\"\n\"1\",1,2,\"a\"\n\"2\",NA,4,\"b\"\n\"3\",5,6,\"b\"\n",
         {.missing = MissingValues::drop, .dropped = {"1"}},
         {1, 2, 5, 6},
         "taken for names"},
        {"R, write.table with commas",
         "\"x\",\"kind\"\n\"1\",1,\"a\"\n\"2\",2,\"b\"\n",
         {},
         {1, 1, 2, 2},
         "one name less than columns"},
        {"scikit-learn",
         "2,2,setosa,versicolor\n5.1,3.5,0\n4.9,3.0,1\n",
         {},
         {5.1, 3.5, 4.9, 3.0},
         "taken for names"},
        {"pandas, headerless frame",
         "0,1,2\n5.1,3.5,a\n4.9,3.0,b\n",
         {},
         {5.1, 3.5, 4.9, 3.0},
         "taken for names"},
    };
    for (auto const& [what, text, form, values, note] : files) {
        ASSERT_EQ(complaint(text, form), "none") << what;
        auto const file = read(text, form);
        EXPECT_EQ(file.data.values, values) << what;
        if (*note) {
            EXPECT_THAT(file.notes, Contains(HasSubstr(note))) << what;
        } else {
            EXPECT_THAT(file.notes, IsEmpty()) << what;
        }
    }
    EXPECT_THAT(complaint("x;y;kind\n1,5;2;a\n2,5;3;b\n"), HasSubstr("separated by semicolons"))
        << "Excel in Europe";
    EXPECT_THAT(complaint("x;y;kind\n1;2;a\n2;3;b\n"), HasSubstr("separated by semicolons"));
    EXPECT_THAT(complaint("1\t2\ta\n2\t3\tb\n"), HasSubstr("separated by tabs"));
}

}  // namespace
