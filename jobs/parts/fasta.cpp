// SPDX-License-Identifier: MIT
#include "jobs/parts/fasta.hpp"

#include "rankpool/batch/job.hpp"
#include "rankpool/batch/text_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

namespace jobs {
namespace {

using rankpool::batch::InputError;

constexpr std::string_view blanks = " \t\v\f";
constexpr std::size_t piece = 64 * 1024;
constexpr std::size_t longest_name = 1000;
constexpr std::size_t longest_sequence = 10'000'000;

// Not the functions of <cctype>: they follow the locale.
char upper(char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
}

std::string show(char byte) {
    auto const code = static_cast<unsigned char>(byte);
    return code > 0x20 && code < 0x7f ? fmt::format("'{}'", byte) : fmt::format("the byte 0x{:02x}", code);
}

/// What a message quotes of a file is short.
std::string in_quotes(std::string const& name) {
    constexpr std::size_t longest = 60;
    return "'" + (name.size() > longest ? name.substr(0, longest) + "..." : name) + "'";
}

/// Takes the bytes of a file one by one, and keeps no line.
class Parser {
  public:
    Parser(std::string const& file, std::string_view alphabet) : file_(file), alphabet_(alphabet) {}

    void take(std::string_view bytes) {
        for (char const byte : bytes) take(byte);
    }

    Fasta end() {
        end_line();
        if (result_.records.empty()) {
            fail(std::max<std::size_t>(line_ - 2, 1), "the end of the file before any record",
                 "Is it the right file?");
        }
        check_last_record();
        return std::move(result_);
    }

  private:
    enum class At { start_of_line, before_name, name, comment, residues };

    void take(char byte) {
        // "\r\n" ends one line.
        bool const is_second = byte == '\n' && after_return_;
        after_return_ = byte == '\r';
        if (is_second) return;
        if (byte == '\n' || byte == '\r') return end_line();
        if (at_ == At::start_of_line) {
            at_ = byte == '>' ? At::before_name : byte == ';' ? At::comment : At::residues;
            if (at_ != At::residues) return;
        }
        bool const is_blank = blanks.find(byte) != std::string_view::npos;
        if (at_ == At::residues) {
            if (!is_blank) residue(byte);
        } else if (at_ == At::name && is_blank) {
            header();
        } else if (at_ == At::name || (at_ == At::before_name && !is_blank)) {
            at_ = At::name;
            if (byte == '\0') fail(line_, "the byte 0x00 in a name", "Is it FASTA?");
            name_.push_back(byte);
            if (name_.size() > longest_name) {
                fail(line_, fmt::format("a name of more than {} bytes", longest_name), "Is it FASTA?");
            }
        }
    }

    void end_line() {
        if (at_ == At::before_name || at_ == At::name) header();
        at_ = At::start_of_line;
        ++line_;
    }

    void header() {
        at_ = At::comment;
        check_last_record();
        header_line_ = line_;
        std::string const name = std::exchange(name_, {});
        if (name.empty()) fail(line_, "a header without a name", "Write the name after the '>'.");
        auto const [known, is_new] = lines_.emplace(name, line_);
        if (!is_new) {
            fail(line_,
                 fmt::format("the name {} a second time, after line {}", in_quotes(name), known->second),
                 "Results are told apart by name: give each sequence its own.");
        }
        result_.records.push_back({.name = name, .residues = {}});
    }

    void residue(char byte) {
        if (result_.records.empty()) {
            fail(line_, fmt::format("{} before the first header", show(byte)),
                 "A record starts with '>name'.");
        }
        Sequence& record = result_.records.back();
        char const residue = upper(byte);
        if (alphabet_.find(residue) != std::string_view::npos) {
            record.residues.push_back(residue);
            if (record.residues.size() <= longest_sequence) return;
            fail(line_, fmt::format("more than {} residues in {}", longest_sequence, in_quotes(record.name)),
                 "Is it FASTA?");
        }
        if (byte != '-' && byte != '.') {
            fail(line_, fmt::format("{} in the sequence of {}", show(byte), in_quotes(record.name)),
                 fmt::format("Residues are {}.", alphabet_));
        }
        ++result_.gaps;
    }

    void check_last_record() const {
        if (result_.records.empty() || !result_.records.back().residues.empty()) return;
        fail(header_line_,
             fmt::format("no residues after the header of {}", in_quotes(result_.records.back().name)),
             "Was the file cut off?");
    }

    [[noreturn]] void fail(std::size_t line, std::string const& why, std::string const& suggestion) const {
        throw InputError(
            fmt::format("cannot read {} as FASTA (line {} has {}). {}", file_, line, why, suggestion));
    }

    std::string const& file_;
    std::string_view alphabet_;
    Fasta result_;
    std::map<std::string, std::size_t> lines_;
    std::string name_;  ///< as far as it is known
    At at_ = At::start_of_line;
    bool after_return_ = false;
    std::size_t line_ = 1;
    std::size_t header_line_ = 0;
};

}  // namespace

Fasta parse_fasta(std::istream& in, std::string const& file, std::string_view alphabet) {
    Parser parser{file, alphabet};
    std::array<char, piece> bytes;
    while (in.read(bytes.data(), bytes.size()), in.gcount() > 0) {
        parser.take({bytes.data(), static_cast<std::size_t>(in.gcount())});
    }
    if (in.bad()) {
        throw InputError(fmt::format("cannot read {} ({}). Is it a file?", file, std::strerror(errno)));
    }
    return parser.end();
}

Fasta read_fasta(std::string const& file, std::string_view alphabet) {
    auto text = rankpool::batch::TextFile::named(file);
    return parse_fasta(text.stream(), text.name(), alphabet);
}

}  // namespace jobs
