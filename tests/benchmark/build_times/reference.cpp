// SPDX-License-Identifier: MIT
// What the others are compared with: ten headers of the standard library, and Boost.Serialization.
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

int main() {
    std::map<std::string, std::vector<double>> values{{"a", {1, 2}}};
    std::stringstream stream;
    boost::archive::binary_oarchive{stream} << values.begin()->second;
    std::vector<double> back;
    boost::archive::binary_iarchive{stream} >> back;
    std::cout << back.size() << '\n';
}
