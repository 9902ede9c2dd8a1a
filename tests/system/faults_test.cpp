// SPDX-License-Identifier: MIT
// Bad deeds done for real by one task of many, at every point of its way.
#include "tests/pool/support.hpp"
#include "tests/system/nowhere.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace rankpool {
namespace {

using namespace support;

enum class Deed {
    none,
    segfault,
    exit_zero,
    abort,
    kill,
    hoard,
    oversleep,
    throw_int,
    throw_long_text,
    throw_error
};
enum class Place { argument_saved, argument_loaded, function, result_saved, result_loaded };

struct Case {
    Deed deed;
    Place place;
};

constexpr std::uint64_t memory_limit = 256U << 20U;
constexpr std::size_t long_text = 1U << 20U;

[[noreturn]] void hoard() {
    constexpr std::size_t piece = 4U << 20U;
    // Never given back; the limit must strike long before the end.
    for (std::uint64_t held = 0; held < 8 * memory_limit; held += piece) {
        auto* const memory = static_cast<char volatile*>(std::malloc(piece));
        for (std::size_t i = 0; i < piece; i += 4096) memory[i] = 1;
        std::this_thread::sleep_for(1ms);
    }
    throw std::logic_error("there is no memory limit");
}

void commit(Deed deed) {
    switch (deed) {
        case Deed::none:
            return;
        case Deed::segfault:
            support::write_nowhere();
            return;
        case Deed::exit_zero:
            std::exit(0);
        case Deed::abort:
            ::signal(SIGABRT, SIG_DFL);
            std::abort();
        case Deed::kill:
            ::kill(::getpid(), SIGKILL);
            return;
        case Deed::hoard:
            hoard();
        case Deed::oversleep:
            for (;;) ::pause();
        case Deed::throw_int:
            throw 42;
        case Deed::throw_long_text:
            throw std::runtime_error(std::string(long_text, 'x'));
        case Deed::throw_error:
            throw std::domain_error("a bad deed");
    }
}

/// Travels to a worker and back, and commits its deed at its place on the way.
struct Value {
    Deed deed = Deed::none;
    Place place = Place::function;
    long number = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        bool const at_home = current_process().name() == "MainProcess";
        if constexpr (Archive::is_saving::value) pass(at_home ? Place::argument_saved : Place::result_saved);
        archive& deed& place& number;
        if constexpr (Archive::is_loading::value)
            pass(at_home ? Place::result_loaded : Place::argument_loaded);
    }
    void pass(Place here) const {
        if (here == place) commit(deed);
    }
};

Value work(Value value) {
    value.pass(Place::function);
    value.number = square(value.number);
    return value;
}

bool ends_worker(Deed deed) {
    return deed < Deed::throw_int;
}

PoolOptions options_for(Deed deed) {
    PoolOptions options;
    if (deed == Deed::hoard) options.memory_limit = memory_limit;
    if (deed == Deed::oversleep) options.timeout = 1500ms;
    return options;
}

class Faults : public ::testing::TestWithParam<Case> {
  protected:
    static constexpr long count = 60;
    static constexpr long bad = 23;

    static std::vector<Value> values() {
        std::vector<Value> all;
        for (long x = 0; x < count; ++x) all.push_back({Deed::none, Place::function, x});
        all[bad].deed = GetParam().deed;
        all[bad].place = GetParam().place;
        return all;
    }

    static std::exception_ptr thrown_by_map(Pool& pool) {
        try {
            pool.map<work>(values());
        } catch (...) {
            return std::current_exception();
        }
        return {};
    }

    static void check(Error const& error) {
        Deed const deed = GetParam().deed;
        if (auto const* task_error = dynamic_cast<TaskError const*>(&error)) {
            EXPECT_EQ(task_error->input_index(), static_cast<std::size_t>(bad));
            EXPECT_EQ(task_error->host(), current_process().host());
            EXPECT_GE(task_error->rank(), 0);
            EXPECT_LT(task_error->rank(), context().size());
        }
        if (deed == Deed::oversleep) {
            EXPECT_TRUE(dynamic_cast<TaskTimeout const*>(&error)) << error.what();
        } else if (ends_worker(deed)) {
            check_lost(error);
        } else if (GetParam().place == Place::function) {
            check_thrown(error);
        } else {
            check_unserializable(error);
        }
    }

    static void check_lost(Error const& error) {
        auto const* lost = dynamic_cast<WorkerLost const*>(&error);
        ASSERT_TRUE(lost) << error.what();
        std::optional<int> signal;
        if (GetParam().deed == Deed::segfault) signal = SIGSEGV;
        if (GetParam().deed == Deed::abort) signal = SIGABRT;
        if (GetParam().deed == Deed::kill) signal = SIGKILL;
        if (GetParam().deed == Deed::hoard) signal = SIGTERM;
        EXPECT_EQ(lost->signal(), signal) << error.what();
        bool const left = GetParam().deed == Deed::exit_zero;
        EXPECT_EQ(lost->exit_code(), left ? std::optional{0} : std::nullopt) << error.what();
    }

    static void check_thrown(Error const& error) {
        auto const* remote = dynamic_cast<RemoteError const*>(&error);
        ASSERT_TRUE(remote) << std::string{error.what()}.substr(0, 200);
        switch (GetParam().deed) {
            case Deed::throw_int:
                EXPECT_EQ(remote->type_name(), "int");
                EXPECT_EQ(remote->message(), "42");
                break;
            case Deed::throw_long_text:
                EXPECT_EQ(remote->type_name(), "std::runtime_error");
                EXPECT_TRUE(remote->message() == std::string(long_text, 'x'));
                break;
            default:
                EXPECT_EQ(remote->type_name(), "std::domain_error");
                EXPECT_EQ(remote->message(), "a bad deed");
        }
    }

    static void check_unserializable(Error const& error) {
        EXPECT_TRUE(dynamic_cast<SerializationError const*>(&error));
        std::string const text = error.what();
        bool const is_int = GetParam().deed == Deed::throw_int;
        bool const is_long = GetParam().deed == Deed::throw_long_text;
        std::string const wanted = is_int ? "42" : is_long ? std::string(long_text, 'x') : "a bad deed";
        EXPECT_TRUE(text.find(wanted) != std::string::npos) << text.substr(0, 200);
    }
};

TEST_P(Faults, spoil_one_task_only) {
    auto pool = context().pool(options_for(GetParam().deed));
    auto const before = pids_of(pool);
    auto const outcomes = pool.try_map<work>(values());
    ASSERT_EQ(outcomes.size(), static_cast<std::size_t>(count));
    for (long x = 0; x < count; ++x) {
        auto const& outcome = outcomes[static_cast<std::size_t>(x)];
        ASSERT_EQ(outcome.has_value(), x != bad) << x << (outcome ? "" : outcome.error().what());
        if (outcome) {
            EXPECT_EQ(outcome.value().number, x * x);
        }
    }
    auto const& spoilt = outcomes[static_cast<std::size_t>(bad)];
    check(spoilt.error());
    bool const retried = ends_worker(GetParam().deed) && GetParam().deed < Deed::hoard;
    EXPECT_EQ(spoilt.attempts(), retried ? 2U : 1U);

    EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
    auto const after = pids_of(pool);
    EXPECT_EQ(after.size(), pool.size());
    EXPECT_EQ(after == before, !ends_worker(GetParam().deed));
}

TEST_P(Faults, map_throws_what_try_map_gives) {
    auto pool = context().pool(options_for(GetParam().deed));
    auto const error = thrown_by_map(pool);
    ASSERT_TRUE(error);
    try {
        std::rethrow_exception(error);
    } catch (Error const& e) {
        check(e);
    }
    EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (int deed = static_cast<int>(Deed::segfault); deed <= static_cast<int>(Deed::throw_error); ++deed) {
        for (int place = 0; place <= static_cast<int>(Place::result_loaded); ++place) {
            Case const one{static_cast<Deed>(deed), static_cast<Place>(place)};
            bool const at_home = one.place == Place::argument_saved || one.place == Place::result_loaded;
            // What ends a process would end the main worker there.
            if (!(at_home && ends_worker(one.deed))) cases.push_back(one);
        }
    }
    return cases;
}

std::string name_of(::testing::TestParamInfo<Case> const& info) {
    static char const* const deeds[] = {"none",  "segfault",  "exit_zero", "abort",           "kill",
                                        "hoard", "oversleep", "throw_int", "throw_long_text", "throw_error"};
    static char const* const places[] = {"argument_saved", "argument_loaded", "function", "result_saved",
                                         "result_loaded"};
    return std::string{deeds[static_cast<int>(info.param.deed)]} + "_at_" +
           places[static_cast<int>(info.param.place)];
}

INSTANTIATE_TEST_SUITE_P(Each, Faults, ::testing::ValuesIn(all_cases()), name_of);

}  // namespace
}  // namespace rankpool
