// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/csv.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <csv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t piece = 64 * 1024;
constexpr std::size_t longest_row = 64 * 1024 * 1024;
constexpr std::size_t most_fields = 1'000'000;

bool is_blank(char letter) {
    return letter == ' ' || letter == '\t';
}

void append_field(std::string& line, std::string const& field) {
    // Some readers take blanks at the ends away.
    bool const has_blanks = !field.empty() && (is_blank(field.front()) || is_blank(field.back()));
    if (!has_blanks && field.find_first_of(",\"\r\n") == std::string::npos) {
        line += field;
        return;
    }
    std::string quoted(2 * field.size() + 2, '\0');
    quoted.resize(::csv_write(quoted.data(), quoted.size(), field.data(), field.size()));
    line += quoted;
}

int is_never(unsigned char /*letter*/) {
    return 0;
}

}  // namespace

std::string csv_line(std::vector<std::string> const& fields) {
    if (fields.size() == 1 && fields.front().empty()) return "\"\"\n";
    std::string line;
    for (auto const& field : fields) {
        if (&field != &fields.front()) line += ',';
        append_field(line, field);
    }
    return line + '\n';
}

class CsvReader::State {
  public:
    State(std::istream& in, std::string file, std::optional<char> separator)
        : in_(in), file_(std::move(file)), has_separator_(separator.has_value()) {
        if (::csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc{};
        // Blanks around a field are part of it.
        ::csv_set_space_func(&parser_, is_never);
        if (separator) separate_by(*separator);
    }
    State(State const&) = delete;
    ~State() { ::csv_free(&parser_); }

    std::optional<std::vector<std::string>> next() {
        while (rows_.empty() && !ended_) read();
        if (rows_.empty()) return std::nullopt;
        auto row = std::move(rows_.front());
        rows_.pop_front();
        ++given_;
        return row;
    }
    [[nodiscard]] std::size_t row() const { return given_; }
    [[nodiscard]] bool has_row() const { return !rows_.empty() || ended_; }

  private:
    /// What separates the fields of the first row, which may come piece by piece.
    class FirstRow {
      public:
        /// True if the row has ended.
        bool look(std::string_view text) {
            for (char const letter : text) {
                bool const is_end = !is_quoted_ && (letter == '\n' || letter == '\r');
                // Blank lines are no rows.
                if (is_end && has_begun_) return true;
                has_begun_ |= !is_end;
                if (letter == '"') is_quoted_ = !is_quoted_;
                if (!is_quoted_) best_ = std::min(best_, known.find(letter));
            }
            return false;
        }
        [[nodiscard]] char separator() const { return best_ < known.size() ? known[best_] : ','; }

      private:
        static constexpr std::string_view known = ",\t;";
        std::size_t best_ = known.size();
        bool is_quoted_ = false;
        bool has_begun_ = false;
    };

    static void take_field(void* text, std::size_t size, void* state) {
        auto& self = *static_cast<State*>(state);
        self.current_.emplace_back(static_cast<char const*>(text), size);
    }
    static void take_row(int /*end*/, void* state) {
        auto& self = *static_cast<State*>(state);
        self.rows_.push_back(std::exchange(self.current_, {}));
        self.pending_ = 0;
    }

    void separate_by(char separator) { ::csv_set_delim(&parser_, static_cast<unsigned char>(separator)); }

    void read() {
        std::array<char, piece> bytes;
        // What has come, which of a stream may be a row, whenever the next one comes.
        in_.peek();
        auto const count =
            in_.good() ? static_cast<std::size_t>(in_.readsome(bytes.data(), bytes.size())) : 0;
        pending_ += count;
        std::string_view const text{bytes.data(), count};
        if (has_separator_) {
            parse(text);
        } else {
            start_ += text;
            has_separator_ = first_row_.look(text) || count == 0;
            if (has_separator_) {
                separate_by(first_row_.separator());
                parse(std::exchange(start_, {}));
            }
        }
        if (pending_ > longest_row || current_.size() > most_fields) fail("a row without an end");
        if (count > 0) return;
        if (in_.bad()) fail(std::strerror(errno));
        ended_ = true;
        if (::csv_fini(&parser_, take_field, take_row, this) != 0) fail("a quoted field without an end");
    }

    void parse(std::string_view text) {
        auto const count = ::csv_parse(&parser_, text.data(), text.size(), take_field, take_row, this);
        if (count != text.size()) fail("a quotation mark where none may stand");
    }

    [[noreturn]] void fail(std::string const& what) const {
        throw InputError("cannot read " + file_ + " as CSV (after row " +
                         std::to_string(given_ + rows_.size()) + ": " + what + "). Is it CSV?");
    }

    std::istream& in_;
    std::string file_;
    bool has_separator_;
    FirstRow first_row_;
    std::string start_;  ///< until the separator is known
    csv_parser parser_{};
    std::vector<std::string> current_;
    std::deque<std::vector<std::string>> rows_;
    std::size_t given_ = 0;
    std::size_t pending_ = 0;
    bool ended_ = false;
};

CsvReader::CsvReader(std::istream& in, std::string file, std::optional<char> separator)
    : state_(std::make_unique<State>(in, std::move(file), separator)) {}
CsvReader::CsvReader(CsvReader&&) noexcept = default;
CsvReader::~CsvReader() = default;

std::optional<std::vector<std::string>> CsvReader::next() {
    return state_->next();
}

bool CsvReader::has_row() const {
    return state_->has_row();
}

std::size_t CsvReader::row() const {
    return state_->row();
}

}  // namespace rankpool::batch
