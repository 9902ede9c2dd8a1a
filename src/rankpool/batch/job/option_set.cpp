// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/option_set.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rankpool::batch {

Option& Option::type_name(std::string const& shown) {
    option_->type_name(shown);
    return *this;
}
Option& Option::one_of(std::vector<std::string> const& words) {
    option_->check(CLI::IsMember(words).description(""));
    return type_name(fmt::format("{}", fmt::join(words, "|")));
}
Option& Option::between_whole(std::int64_t least, std::int64_t greatest) {
    option_->check(CLI::Range(least, greatest).description(fmt::format("{}-{}", least, greatest)));
    return *this;
}
Option& Option::positive() {
    option_->check(CLI::PositiveNumber.description(""));
    return *this;
}
Option& Option::not_negative() {
    option_->check(CLI::NonNegativeNumber.description(""));
    return *this;
}
Option& Option::check(std::function<std::string(std::string const&)> problem_of) {
    option_->check(CLI::Validator{std::move(problem_of), ""});
    return *this;
}
Option& Option::transform(std::function<std::string(std::string&)> problem_of) {
    option_->transform(CLI::Validator{std::move(problem_of), ""});
    return *this;
}
Option& Option::separated_by(char separator) {
    option_->delimiter(separator);
    return *this;
}
Option& Option::one_by_one() {
    option_->allow_extra_args(false)->default_str("");
    return *this;
}
Option& Option::value_if_none(std::string const& value) {
    option_->expected(0, 1)->default_str(value);
    return *this;
}
Option& Option::default_text(std::string const& text) {
    option_->default_str(text);
    return *this;
}
Option& Option::group(std::string const& name) {
    option_->group(name);
    return *this;
}
Option& Option::required() {
    option_->required();
    return *this;
}

template <IsOptionValue T>
Option OptionSet::add(std::string const& name, T& value, std::string const& description) {
    auto* const option = command_->add_option(name, value, description)->capture_default_str();
    // For the parser no text is the number 0.
    constexpr bool is_text = std::same_as<T, std::string> || std::same_as<T, std::vector<std::string>>;
    auto const look = [](std::string& text) { return std::string{text.empty() ? "no number is given" : ""}; };
    if constexpr (!is_text) option->check(CLI::Validator{look, ""});
    return Option{*option};
}

template Option OptionSet::add(std::string const&, int&, std::string const&);
template Option OptionSet::add(std::string const&, long&, std::string const&);
template Option OptionSet::add(std::string const&, long long&, std::string const&);
template Option OptionSet::add(std::string const&, unsigned&, std::string const&);
template Option OptionSet::add(std::string const&, unsigned long&, std::string const&);
template Option OptionSet::add(std::string const&, unsigned long long&, std::string const&);
template Option OptionSet::add(std::string const&, float&, std::string const&);
template Option OptionSet::add(std::string const&, double&, std::string const&);
template Option OptionSet::add(std::string const&, std::string&, std::string const&);
template Option OptionSet::add(std::string const&, std::vector<std::string>&, std::string const&);
template Option OptionSet::add(std::string const&, std::vector<long>&, std::string const&);
template Option OptionSet::add(std::string const&, std::vector<double>&, std::string const&);
template Option OptionSet::add(std::string const&, std::pair<double, double>&, std::string const&);

Option OptionSet::add_flag(std::string const& name, bool& value, std::string const& description) {
    return Option{*command_->add_flag(name, value, description)};
}

Option OptionSet::add_name(std::string const& name, std::string const& description) {
    return Option{*command_->add_option(name, description)};
}

Option OptionSet::add_argument(std::string const& name, std::string& value, std::string const& description) {
    return Option{*command_->add_option(name, value, description)};
}

Option OptionSet::add_words(std::string const& name, std::vector<std::string>& words,
                            std::string const& description) {
    auto* const option = command_->add_option(
        name,
        [&words](CLI::results_t const& typed) {
            words = typed;
            return true;
        },
        description);
    option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args()->type_name("TEXT");
    return Option{*option};
}

void OptionSet::when_read(std::function<void()> look) {
    command_->parse_complete_callback([look = std::move(look)] {
        try {
            look();
        } catch (OptionError const& error) {
            if (error.is_missing()) throw CLI::RequiredError(error.option());
            throw CLI::ValidationError(error.option(), error.what());
        }
    });
}

}  // namespace rankpool::batch
