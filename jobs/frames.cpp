// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/batch/text_file.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/frame_filter.hpp"
#include "jobs/parts/y4m.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

/// So much video may be on its way, where each worker has a frame and another that waits.
constexpr std::size_t bytes_ahead = 16 * 1024 * 1024;

/// The frames of a stream as a range that is read as it is walked.
class Frames {
  public:
    explicit Frames(Y4mReader& reader) : reader_(&reader) {}

    class Iterator {
      public:
        using value_type = Frame;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(Y4mReader& reader) : reader_(&reader), frame_(reader.next()) {}
        Frame const& operator*() const { return *frame_; }
        Iterator& operator++() {
            frame_ = reader_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t) { return !i.frame_; }

      private:
        Y4mReader* reader_ = nullptr;
        std::optional<Frame> frame_;
    };

    [[nodiscard]] Iterator begin() const { return Iterator{*reader_}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  private:
    Y4mReader* reader_;
};

/// A file that appears when it is complete, or stdout as it comes.
class VideoOutput {
  public:
    explicit VideoOutput(std::string const& name) {
        if (name != "-") file_.emplace(name);
    }
    /// False where it is of no use to write more.
    bool write(std::string const& bytes) {
        if (!file_) return batch::print(bytes);
        file_->write(bytes);
        return true;
    }
    void commit() {
        if (file_) file_->commit();
    }

  private:
    std::optional<batch::OutputFile> file_;
};

/// A stream without a known end, in and out in order: not a batch of tasks whose results are kept.
class FramesJob : public batch::Job {
  public:
    std::string name() const override { return "frames"; }
    std::string summary() const override { return "Filters a Y4M video, frame by frame, of any length"; }

    void add_options(batch::OptionSet& options) override {
        options.add("--input", input_, "The video; - is stdin").type_name("FILE.y4m");
        options.add("--output", output_, "The filtered video; - is stdout").type_name("FILE.y4m");
        options.add("--filter", kind_, "What is done to each frame").one_of({"grey", "blur", "edges"});
        options.add("--radius", filter_.radius, "The blur reaches so many pixels to each side")
            .between(1U, 1000U);
    }

    batch::ExitCode run(rankpool::Context& context, batch::JobContext& run) override {
        filter_.kind = kinds_.at(kind_);
        auto file = batch::TextFile::named(input_, batch::Content::bytes);
        Y4mReader reader{file.stream(), file.name()};
        VideoOutput output{output_};
        output.write(reader.header().line + "\n");
        std::size_t count = 0;
        {
            auto progress = run.progress("frames", std::nullopt);
            auto pool = context.pool();
            rankpool::MapOptions options;
            options.window = std::max(2 * pool.size(), bytes_ahead / reader.header().format.frame_bytes());
            auto const task = rankpool::partial<filtered>(filter_, reader.header().format);
            for (Frame const& frame : pool.imap(task, Frames{reader}, options)) {
                if (!output.write(y4m_frame(frame))) break;
                ++count;
                progress.advance();
            }
        }
        if (reader.damage().empty()) {
            output.commit();
            rankpool::tell(fmt::format("{} frames\n", count));
            return batch::ExitCode::success;
        }
        // What is whole is worth keeping.
        if (count > 0) output.commit();
        throw batch::InputError(fmt::format("{} The {} whole frames before that are {}.", reader.damage(),
                                            count, count > 0 ? "written" : "too few to be written"));
    }

  private:
    std::map<std::string, FilterKind> kinds_{
        {"grey", FilterKind::grey}, {"blur", FilterKind::blur}, {"edges", FilterKind::edges}};
    std::string input_ = "-";
    std::string output_ = "-";
    std::string kind_ = "grey";
    Filter filter_;
};

batch::Registered<FramesJob> const registered;

}  // namespace
}  // namespace jobs
