// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/batch/table.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/first_row.hpp"
#include "jobs/parts/lorenz.hpp"
#include "jobs/parts/number_check.hpp"
#include "jobs/parts/number_list.hpp"
#include "jobs/parts/xy_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

/// A file, or nothing where none is wanted.
class TableOutput {
  public:
    explicit TableOutput(std::string const& path) {
        if (!path.empty()) file_.emplace(path);
    }
    void write(std::string const& line) {
        if (file_) file_->write(line);
    }
    void commit() {
        if (file_) file_->commit();
    }

  private:
    std::optional<batch::OutputFile> file_;
};

constexpr double most_points = 1e7;
constexpr double most_in_image = 1e6;

class Sweep {
  public:
    static constexpr char const* name = "sweep";
    static constexpr char const* summary =
        "The largest Lyapunov exponent of the Lorenz system over a grid of parameters";
    static constexpr char const* things = "points";

    void add_options(batch::OptionSet& options) {
        auto const numbers = [&](char const* option, std::string& to, char const* what) {
            return options.add(option, to, what)
                .check(check_numbers)
                .type_name("NUMBERS")
                .group(batch::input_group);
        };
        numbers("--rho", rho_, "0:200:0.5 is from 0 to 200 in steps of 0.5; 1,2,5 are three numbers");
        numbers("--sigma", sigma_, "The same");
        numbers("--beta", beta_, "The same");
        options
            .add("--input", input_,
                 "Points from a table with columns rho, sigma and beta instead; - is stdin")
            .type_name("FILE.csv")
            .group(batch::input_group);
        auto const positive = number_between(1e-6, 1e9);
        options.add("--step", integration_.step, "Time step").check(positive).type_name("TIME");
        options.add("--transient", integration_.transient, "Time before the exponent is measured")
            .check(positive)
            .type_name("TIME");
        options.add("--time", integration_.duration, "Time over which it is measured")
            .check(positive)
            .type_name("TIME");
        options.add("--output", output_, "All exponents as CSV")
            .type_name("FILE.csv")
            .group(batch::output_group);
        options.add("--image", image_, "A plot of the exponent against rho")
            .type_name("FILE.svg")
            .group(batch::output_group);
    }

    std::vector<Lorenz> inputs() {
        for (auto const& file : {output_, image_}) {
            if (!file.empty()) batch::OutputFile::check(file);
        }
        return input_.empty() ? grid() : points_of(input_);
    }

    Exponent work(Lorenz const& point) const { return largest_exponent(point, integration_); }

    void finish(batch::Results<Lorenz, Exponent> const& results) const {
        std::vector<std::pair<double, double>> drawn;
        std::uint64_t count = 0;
        TableOutput table{output_};
        table.write("rho,sigma,beta,exponent,error\n");
        std::pair<Lorenz, Exponent> largest{{}, {.exponent = -1e300, .error = 0}};
        std::size_t chaotic = 0;
        results.for_each([&](Lorenz const& point, Exponent const& found) {
            ++count;
            if (!image_.empty()) drawn.emplace_back(point.rho, found.exponent);
            table.write(fmt::format("{},{},{},{},{}\n", point.rho, point.sigma, point.beta, found.exponent,
                                    found.error));
            if (found.exponent > largest.second.exponent) largest = {point, found};
            // A periodic orbit has 0, up to its error.
            if (found.exponent > std::max(0.01, 4 * found.error)) ++chaotic;
        });
        table.commit();
        if (!drawn.empty() && !image_.empty())
            write(image_, svg_plot(drawn, "rho", "largest Lyapunov exponent"));
        batch::print(fmt::format("points   {}\nchaotic  {}\n", count, chaotic));
        if (count == 0) return;
        batch::print(fmt::format("largest  {:.4f} +- {:.4f} at rho {}, sigma {}, beta {:.6g}\n",
                                 largest.second.exponent, largest.second.error, largest.first.rho,
                                 largest.first.sigma, largest.first.beta));
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& integration_;
    }

  private:
    static void write(std::string const& path, std::string const& text) {
        if (path.empty()) return;
        batch::OutputFile file{path};
        file.write(text);
        file.commit();
    }

    void check_count(double points) const {
        auto const refuse = [&](double most, char const* what) {
            if (points <= most) return;
            throw batch::InputError(fmt::format(
                "cannot take {:.0f} points ({} has {:.0f} at most). Take larger steps?", points, what, most));
        };
        refuse(most_points, "a run");
        if (!image_.empty()) refuse(most_in_image, "--image");
    }

    [[nodiscard]] std::vector<Lorenz> grid() const {
        auto const rhos = parse_numbers(rho_).value();
        auto const sigmas = parse_numbers(sigma_).value();
        auto const betas = parse_numbers(beta_).value();
        check_count(static_cast<double>(rhos.size()) * static_cast<double>(sigmas.size()) *
                    static_cast<double>(betas.size()));
        std::vector<Lorenz> points;
        for (double const sigma : sigmas) {
            for (double const beta : betas) {
                for (double const rho : rhos) points.push_back({rho, sigma, beta});
            }
        }
        return points;
    }

    [[nodiscard]] std::vector<Lorenz> points_of(std::string const& file) const {
        batch::Table table{file};
        auto const column = [&](char const* wanted) {
            auto const found = std::ranges::find(table.columns(), wanted, trimmed);
            if (found == table.columns().end()) {
                throw batch::InputError(
                    fmt::format("cannot take points from {} (it has no column {})", file, wanted));
            }
            return static_cast<std::size_t>(found - table.columns().begin());
        };
        std::vector<std::size_t> const places{column("rho"), column("sigma"), column("beta")};
        std::vector<Lorenz> points;
        for (auto const& row : table) {
            std::vector<double> values;
            for (auto const place : places) {
                auto const number = parse_number(row[place]);
                if (!number) {
                    throw batch::InputError(
                        fmt::format("cannot take points from {} (point {} has '{}' for a number)", file,
                                    points.size() + 1, row[place].substr(0, 60)));
                }
                values.push_back(*number);
            }
            points.push_back({values[0], values[1], values[2]});
            check_count(static_cast<double>(points.size()));
        }
        return points;
    }

    std::string rho_ = "0:200:0.5";
    std::string sigma_ = "10";
    std::string beta_ = "2.6666666666666665";
    std::string input_;
    Integration integration_;
    std::string output_;
    std::string image_;
};

batch::Registered<Sweep> const registered;

}  // namespace
}  // namespace jobs
