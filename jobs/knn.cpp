// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/data_file.hpp"
#include "jobs/parts/data_table.hpp"
#include "jobs/parts/nearest.hpp"
#include "jobs/parts/number_list.hpp"

#include <boost/serialization/nvp.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

/// What one task tests; `data` is a hash of the data set.
struct Trial {
    std::string metric;
    std::uint32_t k = 1;
    std::uint32_t fold = 0;
    std::int64_t data = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(metric) & BOOST_SERIALIZATION_NVP(k) &
            BOOST_SERIALIZATION_NVP(fold) & BOOST_SERIALIZATION_NVP(data);
    }
};

struct Score {
    double accuracy = 0;
    std::uint64_t correct = 0;
    std::uint64_t tested = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(accuracy) & BOOST_SERIALIZATION_NVP(correct) &
            BOOST_SERIALIZATION_NVP(tested);
    }
};

Metric metric_of(std::string const& word) {
    return word == "manhattan" ? Metric::manhattan : Metric::euclidean;
}

std::string check_neighbours(std::string const& text) {
    auto const numbers = parse_numbers(text);
    bool const good = numbers && std::ranges::all_of(*numbers, [](double k) {
                          return k >= 1 && k <= 1e6 && k == std::floor(k);
                      });
    return good ? "" : text + " are no numbers of neighbours, such as 1:25 or 1,3,5";
}

std::string check_label(std::string const& text) {
    bool const is_number =
        !text.empty() && text.size() < 8 && text.find_first_not_of("0123456789") == std::string::npos;
    return is_number || text == "first" || text == "last" ? ""
                                                          : text + " is neither first nor last nor a number";
}

LabelColumn label_of(std::string const& word) {
    if (word == "first") return {LabelColumn::Kind::first, 0};
    if (word == "last") return {LabelColumn::Kind::last, 0};
    return {LabelColumn::Kind::number, std::stoul(word)};
}

class Knn {
  public:
    static constexpr char const* name = "knn";
    static constexpr char const* summary =
        "Which number of nearest neighbours tells the classes of a data set best";
    static constexpr char const* things = "tests";

    void add_options(batch::OptionSet& options) {
        options.add("--data", file_, "Numbers and a class in each row; pictures of digits if not given")
            .type_name("FILE.csv")
            .group(batch::input_group);
        options.add("--label", label_, "The column of the class; a number counts from 1")
            .check(check_label)
            .type_name("first|last|N");
        options.add("--header", header_, "Whether the first row names the columns; auto: as the others tell")
            .one_of({"yes", "no", "auto"})
            .group(batch::input_group);
        options.add("--missing", missing_, "What to do where a value is missing: leave its row out, or stop")
            .one_of({"drop", "error"})
            .group(batch::input_group);
        options.add("--drop-columns", dropped_, "Columns to leave out, by number from 1 or by name")
            .separated_by(',')
            .type_name("N,...")
            .group(batch::input_group);
        options.add("--k", k_, "Numbers of neighbours")
            .check(check_neighbours)
            .type_name("NUMBERS")
            .group(batch::input_group);
        options.add("--metric", metrics_, "How far rows are apart, one or both")
            .separated_by(',')
            .one_of({"euclidean", "manhattan"})
            .type_name("euclidean,manhattan")
            .default_text("euclidean,manhattan")
            .group(batch::input_group);
        options.add("--scale", scale_, "standard: each column has mean 0 and deviation 1 first")
            .one_of({"none", "standard"});
        options.add("--folds", fold_count_, "Parts of the data, each of which is told by the others")
            .between(2U, 1000U)
            .type_name("N");
        options.add("--seed", seed_, "Another seed, other parts").not_negative().type_name("NUMBER");
    }

    std::vector<Trial> inputs() {
        auto file = read_data(file_.empty() ? data_file("digits.csv").string() : file_, form());
        for (auto const& note : file.notes) rankpool::say(note);
        data_ = std::move(file.data);
        if (data_.rows() < fold_count_) {
            throw batch::InputError(fmt::format("cannot make {} folds (there are only {} rows of data)",
                                                fold_count_, data_.rows()));
        }
        if (scale_ == "standard") standardise(data_);
        folds_ = deal_folds(data_.rows(), fold_count_, seed_);
        auto const hash = hash_of(data_);
        auto const numbers = parse_numbers(k_).value();
        std::vector<Trial> trials;
        for (auto const& metric : metrics_) {
            for (double const k : numbers) {
                for (std::uint32_t fold = 0; fold < fold_count_; ++fold) {
                    trials.push_back({metric, static_cast<std::uint32_t>(k), fold, hash});
                }
            }
        }
        return trials;
    }

    Score work(Trial const& trial) const {
        auto const [correct, tested] =
            test_fold(data_, folds_, {trial.k, metric_of(trial.metric), trial.fold});
        return {static_cast<double>(correct) / static_cast<double>(tested), correct, tested};
    }

    static void finish(batch::Results<Trial, Score> const& results) {
        std::map<std::pair<std::string, std::uint32_t>, std::vector<double>> accuracies;
        results.for_each([&](Trial const& trial, Score const& score) {
            accuracies[{trial.metric, trial.k}].push_back(score.accuracy);
        });
        batch::print(fmt::format("{:<10}  {:>6}  {:>8}  {:>9}\n", "metric", "k", "accuracy", "deviation"));
        std::pair<std::pair<std::string, std::uint32_t>, double> best{{}, -1};
        for (auto const& [which, values] : accuracies) {
            auto const [mean, deviation] = mean_and_deviation(values);
            batch::print(fmt::format("{:<10}  {:>6}  {:>8.4f}  {:>9.4f}\n", which.first, which.second, mean,
                                     deviation));
            if (mean > best.second) best = {which, mean};
        }
        if (accuracies.empty()) return;
        batch::print(
            fmt::format("best: {} with k = {}, {:.4f}\n", best.first.first, best.first.second, best.second));
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& data_& folds_;
    }

  private:
    [[nodiscard]] DataForm form() const {
        return {.label = label_of(label_),
                .header = header_ == "yes"  ? HeaderRow::yes
                          : header_ == "no" ? HeaderRow::no
                                            : HeaderRow::automatic,
                .missing = missing_ == "drop" ? MissingValues::drop : MissingValues::error,
                .dropped = dropped_};
    }

    static std::pair<double, double> mean_and_deviation(std::vector<double> const& values) {
        double sum = 0;
        for (double const value : values) sum += value;
        double const mean = sum / static_cast<double>(values.size());
        double squares = 0;
        for (double const value : values) squares += (value - mean) * (value - mean);
        return {mean, values.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(values.size() - 1))};
    }

    std::string file_;
    std::string label_ = "last";
    std::string header_ = "auto";
    std::string missing_ = "error";
    std::vector<std::string> dropped_;
    std::string k_ = "1:25";
    std::vector<std::string> metrics_{"euclidean", "manhattan"};
    std::string scale_ = "none";
    std::uint32_t fold_count_ = 10;
    std::uint64_t seed_ = 1;
    DataTable data_;
    std::vector<std::uint32_t> folds_;
};

batch::Registered<Knn> const registered;

}  // namespace
}  // namespace jobs
