// SPDX-License-Identifier: MIT
/// simulate: answers each line of stdin, a Question, by one line; called by simulate.py.
#include "tests/simulate/question.hpp"

#include <exception>
#include <iostream>
#include <string>

int main() {
    std::ios::sync_with_stdio(false);
    for (std::string line; std::getline(std::cin, line);) {
        try {
            std::cout << rankpool::simulate::answer(rankpool::simulate::parse_question(line)) << std::endl;
        } catch (std::exception const& problem) {
            std::cerr << "cannot simulate \"" << line << "\" (" << problem.what() << ")\n";
            return 2;
        }
    }
    return 0;
}
