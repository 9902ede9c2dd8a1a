// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace rankpool::batch {

/// Groups of a job's options that may differ when a run is resumed, as all others of a recorded job may not:
/// those that say only what is made of the results, and those that say where inputs come from, if the inputs
/// hold all that the results depend on.
inline constexpr auto output_group = "Output";
inline constexpr auto input_group = "Input";
/// Of options that differ from run to run only where they are given.
inline constexpr auto command_group = "Command";
/// Of those that say what tasks have for themselves; they are run options.
inline constexpr auto resource_group = "Resources";
/// Of options that nobody types.
inline constexpr auto hidden_group = "";

/// What an option can be read into. A pair takes two values.
template <class T>
concept IsOptionValue = std::same_as<T, int> || std::same_as<T, long> || std::same_as<T, long long> ||
    std::same_as<T, unsigned> || std::same_as<T, unsigned long> || std::same_as<T, unsigned long long> ||
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::string> ||
    std::same_as<T, std::vector<std::string>> || std::same_as<T, std::vector<long>> ||
    std::same_as<T, std::vector<double>> || std::same_as<T, std::pair<double, double>>;

/// An option that has been added, to say more of it. What it is found wrong with ends the program with 2.
class Option {
  public:
    explicit Option(CLI::Option& option) : option_{&option} {}

    /// What help shows for the value, such as FILE.csv.
    Option& type_name(std::string const& shown);
    /// The value, or each of them, is one of these.
    Option& one_of(std::vector<std::string> const& words);
    /// A number from `least` to `greatest`, which help shows.
    template <std::integral T>
    Option& between(T least, T greatest) {
        return between_whole(static_cast<std::int64_t>(least), static_cast<std::int64_t>(greatest));
    }
    Option& positive();
    Option& not_negative();
    /// `problem_of` says what is wrong with the text of a value, or nothing.
    Option& check(std::function<std::string(std::string const&)> problem_of);
    /// The same, and may write it in another way.
    Option& transform(std::function<std::string(std::string&)> problem_of);
    /// Several values are typed as one word.
    Option& separated_by(char separator);
    /// Several values are typed with the option's name before each.
    Option& one_by_one();
    /// The value may be left away, and is then this.
    Option& value_if_none(std::string const& value);
    /// What help shows for a default that cannot be shown as it is.
    Option& default_text(std::string const& text);
    /// The heading in help; see `output_group` and `input_group`.
    Option& group(std::string const& name);
    Option& required();

  private:
    Option& between_whole(std::int64_t least, std::int64_t greatest);

    CLI::Option* option_;
};

/// What is wrong with options that are right one by one; see `OptionSet::when_read`.
class OptionError : public std::runtime_error {
  public:
    /// `option`: as it is typed.
    OptionError(std::string option, std::string const& problem)
        : std::runtime_error{problem}, option_{std::move(option)} {}
    /// It is required.
    explicit OptionError(std::string option)
        : std::runtime_error{"is required"}, option_{std::move(option)}, is_missing_{true} {}
    [[nodiscard]] std::string const& option() const { return option_; }
    [[nodiscard]] bool is_missing() const { return is_missing_; }

  private:
    std::string option_;
    bool is_missing_ = false;
};

/// The options of a job, as it declares them:
///
///     options.add("--metric", metric, "How far rows are apart").one_of({"euclidean", "manhattan"});
///
/// Variables must live as long as the job; what they hold before is the default, and is shown by help.
class OptionSet {
  public:
    explicit OptionSet(CLI::App& command) : command_{&command} {}

    template <IsOptionValue T>
    Option add(std::string const& name, T& value, std::string const& description);
    /// True if it is given; `--a,!--no-a` has a word for both.
    Option add_flag(std::string const& name, bool& value, std::string const& description);
    /// Only for help: whoever reads the words takes it out before.
    Option add_name(std::string const& name, std::string const& description);
    /// An argument without a name.
    Option add_argument(std::string const& name, std::string& value, std::string const& description);
    /// All that is typed after `--`.
    Option add_words(std::string const& name, std::vector<std::string>& words,
                     std::string const& description);
    /// Called when all options have their values; throws OptionError where they do not go together.
    void when_read(std::function<void()> look);
    /// As the parser has it, for what is said here not.
    [[nodiscard]] CLI::App& command() const { return *command_; }

  private:
    CLI::App* command_;
};

}  // namespace rankpool::batch
