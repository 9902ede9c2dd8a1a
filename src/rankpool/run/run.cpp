// SPDX-License-Identifier: MIT
#include "rankpool/run/run.hpp"

#include "rankpool/context/context.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/core/standard_files.hpp"
#include "rankpool/run/cores_of_this_rank.hpp"
#include "rankpool/run/exit_code_file.hpp"
#include "rankpool/run/settings.hpp"
#include "rankpool/run/start_state.hpp"
#include "rankpool/serve/crash_handler.hpp"
#include "rankpool/serve/pool_worker.hpp"
#include "rankpool/serve/printing.hpp"
#include "rankpool/serve/process_body.hpp"
#include "rankpool/supervisor/supervisor.hpp"
#include "rankpool/task/table.hpp"
#include "rankpool/worker/exit.hpp"
#include "rankpool/worker/surroundings.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace rankpool {
namespace {

/// sysexits.h: the program itself failed.
constexpr int internal_failure = 70;
/// The program asks for what has no meaning, or the environment does.
constexpr int wrong_use = 2;

/// Of the run that this process has had, so that one rank talks for all.
bool was_rank_zero = true;

/// Before ranks that say nothing end, at which mpirun ends the one that does.
constexpr std::chrono::milliseconds first_rank_speaks{300};
/// The same header's word for what may be tried again.
constexpr int stopped_from_outside = 75;

/// Between a signal from the launcher and the end of a rank. mpirun sleeps a second after its signal, which
/// the end of a rank cuts short, but only if it comes after mpirun has gone to sleep.
constexpr std::chrono::milliseconds launcher_goes_to_sleep{50};

/// Runs the program's main function. Its processes are waited for, unless an exception ends them all.
int run_main(worker::WorkerState& state, std::function<int(Context&)> const& main) {
    int code = EXIT_FAILURE;
    try {
        code = main(context());
    } catch (worker::ExitRequest const& request) {
        code = request.code;
    } catch (...) {
        say("the program ended with an uncaught " + text_of_current_exception());
        return EXIT_FAILURE;
    }
    if (state.at_end) state.at_end();
    return code;
}

worker::Role role_of(supervisor::WorkerKind kind) {
    switch (kind) {
        case supervisor::WorkerKind::main:
            return worker::Role::main;
        case supervisor::WorkerKind::process:
            return worker::Role::process;
        case supervisor::WorkerKind::pool_member:
            break;
    }
    return worker::Role::pool_member;
}

/// What a worker has from the process that the launcher started.
struct Given {
    ProgressStyle progress = progress_style_here();
    bool does_own_tasks = false;
};

/// The life of a worker process, whatever it is forked for.
int be_worker(supervisor::Birth const& birth, UniqueFd memory, UniqueFd socket, Given const& given,
              std::function<int(Context&)> const& main) {
    // They live until the process ends, also while exit() runs what the program has left to do.
    auto* const mailbox = new worker::Mailbox(std::move(memory), std::move(socket));
    auto* const blobs = new worker::Blobs(*mailbox);
    auto* const state = new worker::WorkerState{*mailbox, *blobs, role_of(birth.kind), "MainProcess"};
    state->progress = given.progress;
    state->does_own_tasks = given.does_own_tasks;
    worker::set_this_worker(state);
    if (state->role != worker::Role::main) worker::print_in_lines();
    switch (state->role) {
        case worker::Role::main:
            return run_main(*state, main);
        case worker::Role::process:
            return (new worker::ProcessBody(*state))->run();
        case worker::Role::pool_member:
            break;
    }
    return (new worker::PoolWorker(*state))->run();
}

/// Also one that this MPI may not know: it is asked then. To be called before MPI starts, which may set such
/// variables itself.
bool started_by_launcher() {
    constexpr std::array<std::string_view, 7> starts{
        "PMI_", "PMIX_", "PALS_", "MV2_COMM_WORLD_", "FLUX_TASK_", "MPIRUN_RANK", "SLURM_PROCID"};
    if (has_launcher()) return true;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        std::string_view const text{*variable};
        if (std::ranges::any_of(starts, [&](auto start) { return text.starts_with(start); })) return true;
    }
    return false;
}

/// MPI can be started once in a process.
int refuse_second_run() {
    constexpr char const* text =
        "cannot run a second program (rankpool::run has been called before in this process, and MPI can be "
        "started "
        "once only). Put both into one function?";
    if (worker::is_worker()) throw UsageError(text);
    if (!was_rank_zero) return EXIT_SUCCESS;
    say(text);
    return wrong_use;
}

int be_supervisor(supervisor::ForkServer& forks, Settings const& settings) {
    // Beyond the limit on the size of files a write shall fail, and not end the rank.
    ::signal(SIGXFSZ, SIG_IGN);
    // Whoever reads what is said, or no longer does, the rank goes on.
    ::signal(SIGPIPE, SIG_IGN);
    talk_without_waiting();
    bool const launched = started_by_launcher();
    std::optional<transport::World> world;
    try {
        using Ranks = transport::World::Ranks;
        using FarWaking = transport::World::FarWaking;
        world.emplace(task::program_fingerprint(), launched ? Ranks::of_launcher : Ranks::one,
                      settings.wake_datagrams ? FarWaking::datagrams : FarWaking::looking);
        // MPI may have started a daemon of its own.
        forks.spare_children();
        auto const patience = settings.patience;
        was_rank_zero = world->rank() == Rank{0};
        unsigned const workers =
            std::max(1U, settings.workers.value_or(cores_of_this_rank(world->ranks_here())));
        supervisor::Supervisor supervisor{*world, forks, workers, patience};
        int const exit_code = supervisor.run();
        forks.stop();
        if (world->rank() == Rank{0}) keep_exit_code(exit_code);
        auto const told_to_end = [launched] { return launched && supervisor::Supervisor::ended_by_signal(); };
        auto const deadline = patience ? Deadline::after(*patience) : Deadline::never();
        if (!told_to_end() && world->leave(told_to_end, deadline)) return exit_code;
        // The others are not waited for: the launcher is ending them, and us, or some are lost.
        if (told_to_end()) std::this_thread::sleep_for(launcher_goes_to_sleep);
        ::_exit(exit_code);
    } catch (std::exception const& error) {
        if (!text_of(error).empty()) say(text_of(error));
        bool const may_pass = dynamic_cast<StoppedFromOutside const*>(&error) != nullptr;
        int const code = may_pass ? stopped_from_outside : internal_failure;
        forks.stop();
        if (!world || world->rank() == Rank{0}) keep_exit_code(code);
        if (world) world->abort(code);
        return code;
    }
}

int refuse_to_start(UsageError const& error) {
    if (!is_first_rank()) {
        std::this_thread::sleep_for(first_rank_speaks);
        return wrong_use;
    }
    say(error.what());
    keep_exit_code(wrong_use);
    return wrong_use;
}

}  // namespace

int run(int /*argc*/, char** /*argv*/, std::function<int(Context&)> main) {
    static bool has_been_called = false;
    if (std::exchange(has_been_called, true)) return refuse_second_run();
    open_standard_files();
    ChildSignal const child_signal;
    try {
        Settings const settings = take_settings();
        Given const given{.does_own_tasks = settings.workers == 0U};
        auto const live = [&](supervisor::Birth const& birth, UniqueFd memory, UniqueFd socket) {
            if (birth.kind != supervisor::WorkerKind::pool_member) child_signal.restore_handler();
            return be_worker(birth, std::move(memory), std::move(socket), given, main);
        };
        auto const prepare = [] {
            worker::note_surroundings();
            worker::prepare_to_note_crashes();
        };
        supervisor::ForkServer forks{live, prepare};
        return be_supervisor(forks, settings);
    } catch (UsageError const& error) {
        return refuse_to_start(error);
    } catch (StoppedFromOutside const& error) {
        say(error.what());
        keep_exit_code(stopped_from_outside);
        return stopped_from_outside;
    } catch (std::exception const& error) {
        say(text_of(error));
        return internal_failure;
    }
}

}  // namespace rankpool
