// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/escape_time.hpp"
#include "jobs/parts/number_check.hpp"
#include "jobs/parts/numbers.hpp"
#include "jobs/parts/png_file.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

class Mandelbrot {
  public:
    static constexpr char const* name = "mandelbrot";
    static constexpr char const* summary =
        "A PNG picture of the Mandelbrot set; rows cost very different times";
    static constexpr char const* things = "rows";
    static constexpr char const* input_name = "row";
    static constexpr char const* result_name = "pixels";

    void add_options(CLI::App& command) {
        auto const side = CLI::Range(std::size_t{1}, std::size_t{65535}).description("1-65535");
        command.add_option("--width", view_.width, "Pixels")->check(side)->capture_default_str();
        command.add_option("--height", view_.height, "Pixels")->check(side)->capture_default_str();
        command.add_option("--center", centre_, "Middle of the picture")
            ->delimiter(',')
            ->type_name("X,Y")
            ->default_str(fmt::format("{},{}", view_.centre_x, view_.centre_y));
        command.add_option("--zoom", view_.zoom, "At 1, the shorter side of the picture is 3 long")
            ->check(number_between(1e-3, 1e15).description("0.001-1e15"))
            ->capture_default_str();
        command
            .add_option("--iterations", view_.iterations, "Steps after which a point counts as in the set")
            ->check(CLI::Range(1U, 1'000'000'000U).description("1-1000000000"))
            ->capture_default_str();
        command.parse_complete_callback([this] {
            if (std::isfinite(centre_.first) && std::isfinite(centre_.second)) return;
            throw CLI::ValidationError("--center", "a picture has its middle at two finite numbers");
        });
        command.add_option("--output", output_, "The picture")
            ->type_name("FILE.png")
            ->capture_default_str()
            ->group(batch::output_group);
    }

    Numbers inputs() {
        batch::OutputFile::check(output_);
        std::tie(view_.centre_x, view_.centre_y) = centre_;
        return Numbers{view_.height};
    }

    std::vector<std::uint8_t> work(std::uint64_t row) const { return mandelbrot_row(view_, row); }

    void finish(batch::Results<std::uint64_t, std::vector<std::uint8_t>> const& results) const {
        PngFile picture{output_, view_.width, view_.height};
        std::uint64_t next = 0;
        results.for_each([&](std::uint64_t row, std::vector<std::uint8_t> const& pixels) {
            // The database may have been given by anybody.
            if (row != next++ || row >= view_.height || pixels.size() != 3 * view_.width) {
                throw batch::InputError(fmt::format(
                    "the results are not those of a picture of {} x {} pixels (row {} has {} bytes)",
                    view_.width, view_.height, row, pixels.size()));
            }
            picture.write_row(pixels);
        });
        if (next != view_.height) {
            throw batch::InputError(fmt::format("the results have {} rows of {}", next, view_.height));
        }
        picture.commit();
        batch::print(fmt::format("{}  {} x {} pixels\n", output_, view_.width, view_.height));
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& view_;
    }

  private:
    View view_;
    std::pair<double, double> centre_{view_.centre_x, view_.centre_y};
    std::string output_ = "mandelbrot.png";
};

batch::Registered<Mandelbrot> const registered;

}  // namespace
}  // namespace jobs
