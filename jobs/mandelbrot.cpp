// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/escape_time.hpp"
#include "jobs/parts/new_file.hpp"
#include "jobs/parts/numbers.hpp"
#include "jobs/parts/picture.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

class MandelbrotJob : public batch::Job {
  public:
    std::string name() const override { return "mandelbrot"; }
    std::string summary() const override {
        return "A PNG picture of the Mandelbrot set; rows cost very different times";
    }

    void add_options(CLI::App& command) override {
        auto const side = CLI::Range(std::size_t{1}, std::size_t{65535}).description("1-65535");
        command.add_option("--width", view_.width, "Pixels")->check(side)->capture_default_str();
        command.add_option("--height", view_.height, "Pixels")->check(side)->capture_default_str();
        command.add_option("--center", centre_, "Middle of the picture")
            ->delimiter(',')
            ->type_name("X,Y")
            ->capture_default_str();
        command.add_option("--zoom", view_.zoom, "At 1, the shorter side of the picture is 3 long")
            ->check(CLI::Range(1e-3, 1e15).description("0.001-1e15"))
            ->capture_default_str();
        command
            .add_option("--iterations", view_.iterations, "Steps after which a point counts as in the set")
            ->check(CLI::Range(1U, 1'000'000'000U).description("1-1000000000"))
            ->capture_default_str();
        command.add_option("--output", output_, "The picture")->type_name("FILE.png")->capture_default_str();
    }

    batch::ExitCode run(rankpool::Context& context, batch::Run& run) override {
        NewFile::check(output_);
        std::tie(view_.centre_x, view_.centre_y) = centre_;
        Picture picture{view_.width, view_.height};
        {
            auto progress = run.progress("rows", view_.height);
            auto pool = context.pool();
            std::size_t row = 0;
            for (auto const& pixels :
                 pool.imap(rankpool::partial<mandelbrot_row>(view_), Numbers{view_.height})) {
                std::ranges::copy(pixels, picture.row(row++).begin());
                progress.advance();
            }
        }
        write_png(picture, output_);
        fmt::print("{}  {} x {} pixels\n", output_, view_.width, view_.height);
        return batch::ExitCode::success;
    }

  private:
    View view_;
    std::pair<double, double> centre_{view_.centre_x, view_.centre_y};
    std::string output_ = "mandelbrot.png";
};

batch::Registered<MandelbrotJob> const registered;

}  // namespace
}  // namespace jobs
