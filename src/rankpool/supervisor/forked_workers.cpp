// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/forked_workers.hpp"

namespace rankpool::supervisor {

bool ForkedWorkers::is_alive(Address worker) const {
    return table_.find(worker.slot, worker.generation) != nullptr;
}

Address ForkedWorkers::start_process() {
    LocalWorker const& worker = table_.add(WorkerKind::process);
    forks_.spawn(worker.birth);
    return worker.address;
}

void ForkedWorkers::signal(Address worker, int number) {
    if (LocalWorker const* found = table_.find(worker.slot, worker.generation))
        forks_.signal(found->birth, number);
}

}  // namespace rankpool::supervisor
