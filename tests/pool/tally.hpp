// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

namespace rankpool::support {

/// Counts events in any process of this machine: a file that grows by a byte per event. Tasks get its name.
class Tally {
  public:
    Tally() {
        // A driver that ends the program at any moment clears up the folder itself.
        char const* const folder = std::getenv("RANKPOOL_TEST_FOLDER");
        name_ = std::string{folder ? folder : "/tmp"} + "/rankpool-tally-XXXXXX";
        int const file = ::mkstemp(name_.data());
        if (file < 0) throw std::runtime_error("cannot make a file " + name_);
        ::close(file);
    }
    ~Tally() { ::unlink(name_.c_str()); }
    Tally(Tally const&) = delete;

    std::string const& name() const { return name_; }

    static void add(std::string const& name) {
        int const file = ::open(name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
        (void)!::write(file, "x", 1);
        ::close(file);
    }
    void add() const { add(name_); }

    static long count(std::string const& name) {
        struct stat status {};
        return ::stat(name.c_str(), &status) == 0 ? static_cast<long>(status.st_size) : 0;
    }
    long count() const { return count(name_); }

    /// Waits for the `n`th event, or forever: the test's time limit ends it.
    static void wait_for(std::string const& name, long n) {
        while (count(name) < n) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    void wait_for(long n) const { wait_for(name_, n); }

  private:
    std::string name_;
};

}  // namespace rankpool::support
