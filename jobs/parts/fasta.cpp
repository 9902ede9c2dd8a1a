// SPDX-License-Identifier: MIT
#include "jobs/parts/fasta.hpp"

#include "rankpool/batch/job.hpp"
#include "rankpool/batch/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

namespace jobs {
namespace {

using rankpool::batch::InputError;

constexpr std::string_view blanks = " \t\r\v\f";

// Not the functions of <cctype>: they follow the locale.
char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

std::string show(char byte) {
    auto const code = static_cast<unsigned char>(byte);
    return code > 0x20 && code < 0x7f ? fmt::format("'{}'", byte) : fmt::format("the byte 0x{:02x}", code);
}

class Parser {
  public:
    Parser(std::string const& file, std::string_view alphabet) : file_(file), alphabet_(alphabet) {}

    void line(std::string_view text) {
        ++line_;
        if (text.starts_with('>')) {
            header(text.substr(1));
        } else {
            residues(text);
        }
    }

    std::vector<Sequence> end() {
        if (records_.empty()) {
            fail(std::max<std::size_t>(line_, 1), "the end of the file before any record",
                 "Is it the right file?");
        }
        check_last_record();
        return std::move(records_);
    }

  private:
    void header(std::string_view text) {
        check_last_record();
        header_line_ = line_;
        std::string const name{text.substr(0, text.find_first_of(blanks))};
        if (name.empty()) fail(line_, "a header without a name", "Write the name right after the '>'.");
        auto const [known, is_new] = lines_.emplace(name, line_);
        if (!is_new) {
            fail(line_, fmt::format("the name '{}' a second time, after line {}", name, known->second),
                 "Results are told apart by name: give each sequence its own.");
        }
        records_.push_back({.name = name, .residues = {}});
    }

    void residues(std::string_view text) {
        for (char const byte : text) {
            if (blanks.find(byte) != std::string_view::npos) continue;
            if (records_.empty()) {
                fail(line_, fmt::format("{} before the first header", show(byte)),
                     "A record starts with '>name'.");
            }
            char const residue = upper(byte);
            if (alphabet_.find(residue) == std::string_view::npos) {
                fail(line_, fmt::format("{} in the sequence of '{}'", show(byte), records_.back().name),
                     fmt::format("Residues are {}.", alphabet_));
            }
            records_.back().residues.push_back(residue);
        }
    }

    void check_last_record() const {
        if (records_.empty() || !records_.back().residues.empty()) return;
        fail(header_line_, fmt::format("no residues after the header of '{}'", records_.back().name),
             "Was the file cut off?");
    }

    [[noreturn]] void fail(std::size_t line, std::string const& why, std::string const& suggestion) const {
        throw InputError(
            fmt::format("cannot read {} as FASTA (line {} has {}). {}", file_, line, why, suggestion));
    }

    std::string const& file_;
    std::string_view alphabet_;
    std::vector<Sequence> records_;
    std::map<std::string, std::size_t> lines_;
    std::size_t line_ = 0;
    std::size_t header_line_ = 0;
};

}  // namespace

std::vector<Sequence> parse_fasta(std::istream& in, std::string const& file, std::string_view alphabet) {
    Parser parser{file, alphabet};
    for (std::string text; std::getline(in, text);) parser.line(text);
    if (in.bad())
        throw InputError(fmt::format("cannot read {} ({}). Is it a file?", file, std::strerror(errno)));
    return parser.end();
}

std::vector<Sequence> read_fasta(std::string const& file, std::string_view alphabet) {
    auto text = rankpool::batch::TextFile::named(file, rankpool::batch::Content::lines);
    return parse_fasta(text.stream(), text.name(), alphabet);
}

}  // namespace jobs
