// SPDX-License-Identifier: MIT
#include "rankpool/batch/words/placeholder.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/parse_number.hpp"

#include <fmt/args.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace rankpool::batch {
namespace {

std::string folder_of(std::string const& path) {
    auto const slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(std::string const& path) {
    return path.substr(path.rfind('/') + 1);
}

/// Where the extension begins; a dot that a name begins with begins none.
std::size_t end_of_stem(std::string const& path) {
    auto const name = path.rfind('/') + 1;
    auto const dot = path.rfind('.');
    return dot == std::string::npos || dot <= name ? path.size() : dot;
}

std::string changed(std::string text, char first, char last, int by) {
    std::ranges::transform(text, text.begin(), [=](char letter) {
        return letter >= first && letter <= last ? static_cast<char>(letter + by) : letter;
    });
    return text;
}

struct Filter {
    char const* name;
    std::string (*apply)(std::string const&);
};

constexpr std::array filters{
    Filter{"basename", name_of},
    Filter{"dirname", folder_of},
    Filter{"noext", [](std::string const& text) { return text.substr(0, end_of_stem(text)); }},
    Filter{"stem", [](std::string const& text) { return name_of(text.substr(0, end_of_stem(text))); }},
    Filter{"ext",
           [](std::string const& text) {
               auto const dot = end_of_stem(text);
               return dot < text.size() ? text.substr(dot + 1) : "";
           }},
    Filter{"upper", [](std::string const& text) { return changed(text, 'a', 'z', 'A' - 'a'); }},
    Filter{"lower", [](std::string const& text) { return changed(text, 'A', 'Z', 'a' - 'A'); }},
};

Filter const* filter_named(std::string const& name) {
    auto const found = std::ranges::find(filters, name, &Filter::name);
    return found == filters.end() ? nullptr : &*found;
}

/// Paths as GNU parallel's letters take them apart; the longer ones first.
struct PathLetters {
    std::string_view letters;
    char const* filter;
};
constexpr std::array path_letters{PathLetters{"//", "dirname"}, PathLetters{"/.", "stem"},
                                  PathLetters{"/", "basename"}, PathLetters{".", "noext"}};

enum class Kind { whole, real, text, any };

Kind kind_of(std::string const& format) {
    char const letter = format.empty() ? ' ' : format.back();
    if (std::string_view{"dxXobB"}.find(letter) != std::string_view::npos) return Kind::whole;
    if (std::string_view{"eEfFgGaA%"}.find(letter) != std::string_view::npos) return Kind::real;
    return letter == 's' ? Kind::text : Kind::any;
}

/// Nothing where the text is no such number; throws fmt's error where the format is none.
std::optional<std::string> written(std::string const& text, std::string const& format) {
    // fmt::runtime only looks at the text.
    std::string const braced = "{:" + format + "}";
    auto const pattern = fmt::runtime(braced);
    auto const kind = kind_of(format);
    if (kind == Kind::text) return fmt::format(pattern, text);
    if (kind != Kind::real) {
        if (auto const whole = parse_number<std::int64_t>(text)) return fmt::format(pattern, *whole);
        if (kind == Kind::whole) return std::nullopt;
    }
    auto const number = parse_number<double>(text);
    return number ? std::optional{fmt::format(pattern, *number)} : std::nullopt;
}

/// A field of so many letters, or digits, is none that a person means.
bool has_huge_number(std::string const& format) {
    constexpr int most_digits = 4;
    int digits = 0;
    return std::ranges::any_of(format, [&](char letter) {
        digits = letter >= '0' && letter <= '9' ? digits + 1 : 0;
        return digits > most_digits;
    });
}

/// Whether fmt takes it, for a number or a text of its kind.
bool is_format(std::string const& format) {
    if (format.empty() || format.find_first_of("{}\n ") != std::string::npos || has_huge_number(format)) {
        return false;
    }
    try {
        return written("1", format).has_value();
    } catch (fmt::format_error const&) {
        return false;
    }
}

}  // namespace

bool Placeholder::take_name(std::string const& name, Columns const& columns) {
    if (auto const found = std::ranges::find(columns.names, name); found != columns.names.end()) {
        columns_ = {static_cast<std::size_t>(found - columns.names.begin())};
        return true;
    }
    bool const has_zero = name.starts_with('0');
    auto const number = has_zero || name.size() > 6 ? std::nullopt : parse_number<std::size_t>(name);
    if (number && *number <= columns.names.size()) {
        columns_ = {*number - 1};
        return true;
    }
    if (name == "#" || name == "%") {
        what_ = name == "#" ? What::number : What::slot;
        return true;
    }
    if (!name.empty()) return false;
    what_ = What::values;
    columns_ = columns.values;
    if (columns_.empty() && columns.names.size() == 1) columns_ = {0};
    return true;
}

bool Placeholder::take_path_letters(std::string& body) {
    for (auto const& [letters, filter] : path_letters) {
        if (!body.ends_with(letters)) continue;
        body.resize(body.size() - letters.size());
        filters_ = {filter};
        return true;
    }
    return false;
}

bool Placeholder::take_format(std::string const& format) {
    if (!is_format(format)) return false;
    format_ = format;
    return true;
}

std::optional<Placeholder> Placeholder::parse(std::string const& body, Columns const& columns) {
    return parse(body, columns, true);
}

std::optional<Placeholder> Placeholder::parse(std::string const& body, Columns const& columns,
                                              bool may_have_format) {
    Placeholder made;
    made.name_ = "{" + body + "}";
    auto const good = [&]() -> bool {
        if (made.take_name(body, columns)) return true;
        if (std::string rest = body; made.take_path_letters(rest) && made.take_name(rest, columns))
            return true;
        made.filters_.clear();
        // A column's name may have a colon itself: the shortest format is tried first.
        auto colon = may_have_format ? body.rfind(':') : std::string::npos;
        for (; colon != std::string::npos && colon > 0; colon = body.rfind(':', colon - 1)) {
            auto const before = parse(body.substr(0, colon), columns, false);
            if (!before) continue;
            auto const name = made.name_;
            made = *before;
            made.name_ = name;
            if (made.take_format(body.substr(colon + 1))) return true;
        }
        auto const bar = body.rfind('|');
        if (bar == std::string::npos || bar == 0 || !filter_named(body.substr(bar + 1))) return false;
        auto before = parse(body.substr(0, bar), columns, false);
        if (!before) return false;
        before->filters_.push_back(body.substr(bar + 1));
        before->name_ = made.name_;
        made = *before;
        return true;
    }();
    if (!good) return std::nullopt;
    if (made.what_ == What::values && made.columns_.empty()) {
        throw InputError(fmt::format("cannot fill in {} (a row has several columns). Name one of {}?",
                                     made.name_, fmt::join(columns.names, ", ")));
    }
    return made;
}

std::string Placeholder::shaped(std::string text) const {
    for (auto const& name : filters_) text = filter_named(name)->apply(text);
    if (format_.empty()) return text;
    constexpr std::size_t longest_quoted = 80;
    try {
        if (auto const result = written(text, format_)) return *result;
    } catch (fmt::format_error const& error) {
        throw InputError(fmt::format("cannot fill in {} ({}). Is the format right?", name_, error.what()));
    }
    throw InputError(fmt::format("cannot fill in {} ('{}' is no {}). Write it without the format?", name_,
                                 shortened(text, longest_quoted),
                                 kind_of(format_) == Kind::whole ? "whole number" : "number"));
}

std::vector<std::string> Placeholder::fill(Filling const& filling) const {
    if (what_ == What::number) return {shaped(std::to_string(filling.number))};
    if (what_ == What::slot) return {shaped(std::to_string(filling.slot))};
    std::vector<std::string> texts;
    for (std::size_t const column : columns_) texts.push_back(shaped(filling.fields.at(column)));
    return texts;
}

}  // namespace rankpool::batch
