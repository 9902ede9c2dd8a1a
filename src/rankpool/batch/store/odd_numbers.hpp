// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace rankpool::batch {

/// Of a row's fields those that the database has as numbers, from which their text is not had again, such as
/// 1.10: as JSON, `{"0":"1.10"}` by their places. Empty where there is none.
std::string odd_numbers_in(std::vector<std::string> const& fields);

/// Gives fields that are read from the database the texts of that JSON.
void put_back_odd_numbers(std::vector<std::string>& fields, std::string const& json);

}  // namespace rankpool::batch
