// SPDX-License-Identifier: MIT
/// empty_mpi [hold]: starts and ends Boost.MPI; `hold` says "ready" and waits for a line on standard input.
#include <boost/mpi.hpp>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
    boost::mpi::environment const environment(argc, argv);
    boost::mpi::communicator const world;
    if (argc == 2 && std::string(argv[1]) == "hold") {
        world.barrier();
        if (world.rank() == 0) {
            std::cout << "ready" << std::endl;
            std::string line;
            std::getline(std::cin, line);
        }
        world.barrier();
    }
}
