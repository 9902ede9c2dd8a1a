// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/escape_time.hpp"
#include "jobs/parts/number_check.hpp"
#include "jobs/parts/numbers.hpp"
#include "jobs/parts/png_file.hpp"

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

    void add_options(batch::OptionSet& options) {
        options.add("--width", view_.width, "Pixels").between(1, 65535);
        options.add("--height", view_.height, "Pixels").between(1, 65535);
        options.add("--center", centre_, "Middle of the picture")
            .separated_by(',')
            .type_name("X,Y")
            .default_text(fmt::format("{},{}", view_.centre_x, view_.centre_y));
        options.add("--zoom", view_.zoom, "At 1, the shorter side of the picture is 3 long")
            .check(number_between(1e-3, 1e15))
            .type_name("0.001-1e15");
        options.add("--iterations", view_.iterations, "Steps after which a point counts as in the set")
            .between(1U, 1'000'000'000U);
        options.when_read([this] {
            if (std::isfinite(centre_.first) && std::isfinite(centre_.second)) return;
            throw batch::OptionError("--center", "a picture has its middle at two finite numbers");
        });
        options.add("--output", output_, "The picture").type_name("FILE.png").group(batch::output_group);
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
