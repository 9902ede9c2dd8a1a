// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/odd_numbers.hpp"

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/store/run_record.hpp"
#include "rankpool/batch/text/parse_number.hpp"

namespace rankpool::batch {

std::string odd_numbers_in(std::vector<std::string> const& fields) {
    Options odd;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto const number = number_in(fields[i]);
        if (number && plain_text(*number) != fields[i]) odd.emplace_back(std::to_string(i), fields[i]);
    }
    return odd.empty() ? "" : to_json(odd);
}

void put_back_odd_numbers(std::vector<std::string>& fields, std::string const& json) {
    if (json.empty()) return;
    for (auto const& [place, text] : options_from_json(json)) {
        auto const i = parse_number<std::size_t>(place);
        if (i && *i < fields.size()) fields[*i] = text;
    }
}

}  // namespace rankpool::batch
