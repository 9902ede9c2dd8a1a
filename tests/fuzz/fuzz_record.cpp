// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/word_list.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/run_record.hpp"
#include "rankpool/core/utf8.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace batch = rankpool::batch;

void require(bool holds) {
    if (!holds) __builtin_trap();
}

/// The pieces of a text between null bytes.
std::vector<std::string> pieces(std::string_view text) {
    std::vector<std::string> all{""};
    for (char const c : text) {
        if (c == '\0') {
            all.emplace_back();
        } else {
            all.back() += c;
        }
    }
    return all;
}

batch::Options pairs(std::vector<std::string> const& words) {
    batch::Options options;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) options.emplace_back(words[i], words[i + 1]);
    return options;
}

}  // namespace

/// A run's record: what is stored of options comes back, also out of texts that nobody has stored, and a run
/// is the same as itself and as no other.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text{reinterpret_cast<char const*>(data), size};
    auto const read = batch::options_from_json(text);
    auto const stored = batch::to_json(read);
    require(rankpool::is_utf8(stored));
    require(batch::options_from_json(stored).size() <= read.size());

    auto const words = pieces(text);
    require(rankpool::is_utf8(batch::text_of_words(words)));
    auto more = words;
    more.back() += ' ';
    require(batch::text_of_words(more) != batch::text_of_words(words));

    batch::RunRecord record{.job = words.front(), .options = pairs(words)};
    for (auto const& word : words) record.input_columns.push_back({word, batch::ColumnType::text});
    batch::tell_columns_apart(record);
    for (auto const& column : record.input_columns) require(rankpool::is_utf8(batch::sql_name(column)));
    require(batch::differences(record, record).empty());
    auto other = record;
    other.job += 'x';
    require(!batch::differences(record, other).empty());
    return 0;
}
