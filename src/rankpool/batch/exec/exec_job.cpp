// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/exec_job.hpp"

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/batch/command/failed_with_output.hpp"
#include "rankpool/batch/command/last_words.hpp"
#include "rankpool/batch/exec/word_template.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/rows/table.hpp"
#include "rankpool/batch/session/recorded_job.hpp"

#include <stdexcept>

namespace rankpool::batch {
namespace {

/// One row of the table: its columns are known when the program runs.
struct Row {
    std::vector<std::string> fields;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(fields);
    }
};

struct Done {
    std::string out;
    std::string err;
    double cpu_seconds = 0;
    std::int64_t command_memory = 0;
    std::uint64_t out_bytes = 0;  ///< written, which `out` has whole
    std::uint64_t err_bytes = 0;  ///< written, of which `err` may lack the middle

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(out) & BOOST_SERIALIZATION_NVP(err) &
            BOOST_SERIALIZATION_NVP(cpu_seconds) & BOOST_SERIALIZATION_NVP(command_memory) &
            BOOST_SERIALIZATION_NVP(out_bytes) & BOOST_SERIALIZATION_NVP(err_bytes);
    }
};

/// The rows of a table as a range of Row.
class Rows {
  public:
    explicit Rows(Table table) : table_(std::move(table)) {}

    class Iterator {
      public:
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(Table::Iterator at) : at_(std::move(at)) {}
        Row operator*() const { return {*at_}; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t end) { return i.at_ == end; }

      private:
        Table::Iterator at_;
    };

    Iterator begin() { return Iterator{table_.begin()}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  private:
    Table table_;
};

/// What a command that has failed wrote is kept with the attempt: so much of its start and end, of each
/// stream.
constexpr std::size_t part_of_failed = 32 * 1024;

[[noreturn]] void fail(std::exception_ptr cause, ChildResult const& result) {
    throw FailedWithOutput{std::move(cause), shortened_output(result.out, part_of_failed),
                           shortened_output(result.err, part_of_failed)};
}

/// Why the command failed; nothing where it did not.
std::exception_ptr failure_of(std::string const& name, ChildResult const& result,
                              ChildOptions const& limits) {
    if (result.is_over_memory) {
        return std::make_exception_ptr(Error("over --memory-limit (" + name +
                                             " and what it has started had more than " +
                                             std::to_string(limits.memory_limit) + " bytes)"));
    }
    if (result.wait_status != 0) {
        std::string const said = last_words(result.err, result.out);
        return std::make_exception_ptr(std::runtime_error(
            name + " " + describe_wait_status(result.wait_status) + (said.empty() ? "" : ": " + said)));
    }
    if (!result.is_out_whole) {
        return std::make_exception_ptr(
            Error(name + " wrote " + std::to_string(result.out_bytes) + " bytes to stdout (no more than " +
                  std::to_string(limits.most_out) + " are kept of a row). Let it write to a file?"));
    }
    return nullptr;
}

class Exec {
  public:
    static constexpr char const* name = "exec";
    static constexpr char const* summary =
        "Runs a command for each row of a table: exec --input rows.csv -- ./simulate --alpha {alpha}";
    static constexpr char const* things = "rows";

    void add_options(OptionSet& options) {
        options.add("--input", input_, "A CSV file whose first row names the columns; - is stdin")
            .required()
            .type_name("FILE.csv")
            .group(input_group);
        options.add_words("command", words_,
                          "After --: what to run; {name} is the row's field of that column");
    }

    Rows inputs() {
        Table table{input_};
        columns_ = table.columns();
        for (auto const& word : words_) templates_.emplace_back(word, columns_);
        return Rows{std::move(table)};
    }

    [[nodiscard]] std::vector<Column> input_columns() const {
        std::vector<Column> columns;
        for (auto const& column : columns_) columns.push_back({column, ColumnType::text});
        return columns;
    }
    static void append_input(Row const& row, std::vector<Value>& values) {
        values.insert(values.end(), row.fields.begin(), row.fields.end());
    }

    Done work(Row const& row) const {
        std::vector<std::string> words;
        for (auto const& word : templates_) words.push_back(word.fill(row.fields));
        ChildOptions const options{.memory_limit = memory_limit_, .whole_tree = true};
        ChildResult result = run_child(words, options);
        if (auto cause = failure_of(words.front(), result, options)) fail(std::move(cause), result);
        return {std::move(result.out), std::move(result.err), result.cpu_seconds,
                result.peak_memory,    result.out_bytes,      result.err_bytes};
    }

    /// The limit of --memory-limit is the command's, not the worker's, which may have its output in memory.
    void watch_memory(std::uint64_t limit) { memory_limit_ = limit; }

    /// What the commands have written, in the order of the rows.
    static void finish(Results<Row, Done> const& results) {
        results.for_each_result([](Done const& done) { print(done.out); });
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& templates_& memory_limit_;
    }

  private:
    std::string input_;
    std::vector<std::string> words_;
    std::vector<std::string> columns_;
    std::vector<WordTemplate> templates_;
    std::uint64_t memory_limit_ = 0;
};

}  // namespace

std::unique_ptr<Job> make_exec_job() {
    return std::make_unique<RecordedJob<Exec>>();
}

}  // namespace rankpool::batch
