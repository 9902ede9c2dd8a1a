// SPDX-License-Identifier: MIT
#include "jobs/parts/pair_scores.hpp"

#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace jobs {
namespace {

constexpr std::size_t piece_size = 1 << 20;

// Calls f(query, target, score) for each pair in file order, as far as there are scores.
template <class F>
void for_each_pair(PairScores const& scores, F f) {
    auto score = scores.all().begin();
    for (std::size_t query = 0; query < scores.size(); ++query) {
        for (std::size_t target = query + 1; target < scores.size(); ++target) {
            if (score == scores.all().end()) return;
            f(query, target, *score++);
        }
    }
}

std::string csv_field(std::string const& text) {
    if (text.find_first_of(",\"") == std::string::npos) return text;
    std::string quoted = "\"";
    for (char const c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

}  // namespace

std::int32_t PairScores::at(std::size_t one, std::size_t other) const {
    auto const [i, j] = std::minmax(one, other);
    // Rows before i have size - 1, size - 2, ... pairs.
    std::size_t const row_start = i * size_ - i * (i + 1) / 2;
    return scores_.at(row_start + (j - i - 1));
}

std::vector<ScoredPair> best_pairs(PairScores const& scores, std::size_t limit) {
    auto const better = [](ScoredPair const& a, ScoredPair const& b) {
        return std::pair{-std::int64_t{a.score}, std::pair{a.query, a.target}} <
               std::pair{-std::int64_t{b.score}, std::pair{b.query, b.target}};
    };
    // A heap of the best so far, the worst of them in front.
    std::vector<ScoredPair> best;
    for_each_pair(scores, [&](std::size_t query, std::size_t target, std::int32_t score) {
        ScoredPair const pair{query, target, score};
        if (best.size() == limit) {
            if (limit == 0 || !better(pair, best.front())) return;
            std::ranges::pop_heap(best, better);
            best.pop_back();
        }
        best.push_back(pair);
        std::ranges::push_heap(best, better);
    });
    std::ranges::sort_heap(best, better);
    return best;
}

std::string pair_table(std::vector<ScoredPair> const& pairs, std::vector<Sequence> const& sequences) {
    std::size_t width = 6;
    auto const name = [&](std::size_t sequence) { return rankpool::printable(sequences[sequence].name); };
    for (auto const& pair : pairs)
        width = std::max({width, name(pair.query).size(), name(pair.target).size()});
    constexpr auto line = "{:>4}  {:<{}}  {:<{}}  {:>7}  {:>12}  {:>13}\n";
    std::string text =
        fmt::format(line, "", "query", width, "target", width, "score", "length_query", "length_target");
    std::size_t rank = 0;
    for (auto const& [query, target, score] : pairs) {
        text += fmt::format(line, ++rank, name(query), width, name(target), width, score,
                            sequences[query].residues.size(), sequences[target].residues.size());
    }
    return text;
}

void write_pair_csv(PairScores const& scores, std::vector<Sequence> const& sequences, Writer const& write) {
    std::vector<std::string> names;
    names.reserve(sequences.size());
    for (auto const& sequence : sequences) names.push_back(csv_field(sequence.name));
    std::string text = "query,target,score,length_query,length_target\n";
    for_each_pair(scores, [&](std::size_t query, std::size_t target, std::int32_t score) {
        fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", names[query], names[target], score,
                       sequences[query].residues.size(), sequences[target].residues.size());
        if (text.size() < piece_size) return;
        write(text);
        text.clear();
    });
    write(text);
}

}  // namespace jobs
