// SPDX-License-Identifier: MIT
// Conway's game of life (https://en.wikipedia.org/wiki/Conway%27s_Game_of_Life) on a torus: each process has
// a stripe of rows of a shared array, and a barrier keeps the generations apart.
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

using Cells = std::vector<std::uint8_t>;

struct World {
    rankpool::RawArray<std::uint8_t> now;   ///< rows of `size` cells, 1 for a living one
    rankpool::RawArray<std::uint8_t> then;  ///< the next generation, and so on in turn
    rankpool::Barrier barrier;
    long size = 0;
    long generations = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& now& then& barrier& size& generations;
    }
};

/// The rows from `first` on, with one more above and below, around the torus.
Cells with_neighbours(rankpool::RawArray<std::uint8_t> const& cells, long size, long first, long rows) {
    Cells all;
    for (long row = first - 1; row <= first + rows; ++row) {
        auto const at = static_cast<std::size_t>((row + size) % size * size);
        auto const line = cells.read(at, static_cast<std::size_t>(size));
        all.insert(all.end(), line.begin(), line.end());
    }
    return all;
}

/// The next generation of the rows within.
Cells step(Cells const& around, long size, long rows) {
    Cells next(static_cast<std::size_t>(rows * size));
    auto const cell = [&](long row, long column) {
        return around[static_cast<std::size_t>(row * size + (column + size) % size)];
    };
    for (long row = 1; row <= rows; ++row) {
        for (long column = 0; column < size; ++column) {
            int living = -cell(row, column);
            for (long i = -1; i <= 1; ++i) {
                for (long k = -1; k <= 1; ++k) living += cell(row + i, column + k);
            }
            bool const lives = living == 3 || (living == 2 && cell(row, column) == 1);
            next[static_cast<std::size_t>((row - 1) * size + column)] = lives ? 1 : 0;
        }
    }
    return next;
}

void live(World world, long first, long rows) {
    for (long generation = 0; generation < world.generations; ++generation) {
        auto const next = step(with_neighbours(world.now, world.size, first, rows), world.size, rows);
        world.then.write(static_cast<std::size_t>(first * world.size), next);
        // Nobody reads the new generation before all have written theirs.
        world.barrier.wait();
        std::swap(world.now, world.then);
    }
}

class Life : public batch::Job {
  public:
    std::string name() const override { return "life"; }
    std::string summary() const override { return "Conway's game of life in stripes, in step by a barrier"; }
    void add_options(batch::OptionSet& options) override {
        options.add("--size", size_, "Rows and columns").between(3, 4096);
        options.add("--generations", generations_, "How far to go").not_negative();
        options.add("--processes", processes_, "Stripes, a process each").between(1, 64);
    }
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        long const stripes = std::min(processes_, size_);
        auto const cells = static_cast<std::size_t>(size_ * size_);
        World world{context.raw_array<std::uint8_t>(beginning(cells)), context.raw_array<std::uint8_t>(cells),
                    context.barrier(stripes), size_, generations_};
        std::vector<rankpool::Process> processes;
        for (long i = 0; i < stripes; ++i) {
            long const first = i * size_ / stripes;
            processes.push_back(context.process<live>(world, first, (i + 1) * size_ / stripes - first));
            processes.back().start();
        }
        for (auto& process : processes) process.join();
        auto const end = (generations_ % 2 == 0 ? world.now : world.then).read(0, cells);
        fmt::print("generation {}: {} alive\n", generations_, std::count(end.begin(), end.end(), 1));
        bool const all_well = std::all_of(processes.begin(), processes.end(),
                                          [](auto const& process) { return process.exitcode() == 0; });
        return all_well ? batch::ExitCode::success : batch::ExitCode::tasks_failed;
    }

  private:
    /// An R-pentomino in the middle.
    [[nodiscard]] Cells beginning(std::size_t cells) const {
        Cells all(cells);
        long const middle = size_ / 2;
        for (auto const& [row, column] : {std::pair{-1, 0}, {-1, 1}, {0, -1}, {0, 0}, {1, 0}}) {
            all[static_cast<std::size_t>((middle + row) * size_ + middle + column)] = 1;
        }
        return all;
    }

    long size_ = 64;
    long generations_ = 100;
    long processes_ = 4;
};

batch::Registered<Life> const registered;

}  // namespace
}  // namespace jobs
