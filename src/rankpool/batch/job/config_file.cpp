// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/config_file.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/core/utf8.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

// Its errors are thrown, and said in our words.
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <array>
#include <cmath>
#include <istream>
#include <string_view>

namespace rankpool::batch {
namespace {

/// Options take some kilobytes; a device or a disk image has no end.
constexpr std::size_t most_bytes = 4 * 1024 * 1024;

std::string content_of(std::istream& in, std::string const& file) {
    std::string text;
    std::array<char, 64 * 1024> some{};
    while (in.read(some.data(), some.size()), in.gcount() > 0) {
        text.append(some.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > most_bytes) {
            throw InputError("cannot read " + file +
                             " (--config, it is larger than 4 MiB). Is its name right?");
        }
    }
    if (in.bad()) throw InputError("cannot read " + file + " (--config, reading it fails). Is it a file?");
    // Old Macintosh ends of lines, which TOML does not know.
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n')) text[at] = '\n';
    }
    return text;
}

std::optional<unsigned> digit(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    auto const place = digits.find(c);
    return place == std::string_view::npos ? std::nullopt : std::optional{static_cast<unsigned>(place)};
}

std::optional<std::string> bytes_of_hex(std::string_view hex) {
    std::string bytes;
    if (hex.size() % 2 != 0) return std::nullopt;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        auto const high = digit(hex[i]);
        auto const low = digit(hex[i + 1]);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>(16 * *high + *low);
    }
    return bytes;
}

/// A whole number is not written as 1e+09, which some options do not take.
std::string number_text(double number) {
    bool const is_whole = std::abs(number) < 1e15 && number == std::floor(number);
    return is_whole ? fmt::format("{:.0f}", number) : fmt::format("{}", number);
}

/// The value as it would be typed; nothing where an option cannot have such.
std::optional<std::string> text_of(toml::node const& node) {
    if (auto const text = node.value_exact<std::string>()) return text;
    if (auto const whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (auto const number = node.value_exact<double>()) return number_text(*number);
    if (auto const truth = node.value_exact<bool>()) return *truth ? "true" : "false";
    auto const* const table = node.as_table();
    if (!table || table->size() != 1) return std::nullopt;
    auto const hex = (*table)["hex"].value_exact<std::string>();
    return hex ? bytes_of_hex(*hex) : std::nullopt;
}

ConfigItem item_of(std::string_view name, toml::node const& node, std::string const& file) {
    ConfigItem item{std::string{name}, {}, node.is_array()};
    auto const add = [&](toml::node const& value) {
        auto const text = text_of(value);
        if (!text || text->find('\0') != std::string::npos) {
            throw InputError(
                fmt::format("cannot read {} (--config, line {}: {} is no value that an option can "
                            "have). Was it made by --dump-config?",
                            file, value.source().begin.line, name));
        }
        item.values.push_back(*text);
    };
    if (auto const* const list = node.as_array()) {
        for (auto const& value : *list) add(value);
    } else {
        add(node);
    }
    return item;
}

std::string toml_string(std::string_view text) {
    std::string result = "\"";
    for (char const c : text) {
        auto const code = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += {'\\', c};
        } else if (c == '\n') {
            result += "\\n";
        } else if (c == '\t') {
            result += "\\t";
        } else if (code < 0x20 || code == 0x7f) {
            result += fmt::format("\\u{:04x}", code);
        } else {
            result += c;
        }
    }
    return result + '"';
}

std::string value_text(std::string const& value) {
    if (is_utf8(value)) return toml_string(value);
    std::string hex;
    for (char const c : value) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return "{ hex = \"" + hex + "\" }";
}

std::string key_text(std::string const& name) {
    constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bool const is_plain = !name.empty() && name.find_first_not_of(plain) == std::string::npos;
    return is_plain ? name : toml_string(name);
}

}  // namespace

std::vector<ConfigItem> read_config(std::istream& in, std::string const& file) {
    std::string const text = content_of(in, file);
    std::vector<ConfigItem> items;
    try {
        toml::table const table = toml::parse(std::string_view{text}, std::string_view{file});
        for (auto const& [name, node] : table) items.push_back(item_of(name.str(), node, file));
    } catch (toml::parse_error const& error) {
        throw InputError(
            fmt::format("cannot read {} as TOML (--config, line {}: {}). Was it made by --dump-config?", file,
                        error.source().begin.line, error.description()));
    }
    return items;
}

std::string config_line(ConfigItem const& item) {
    if (!item.is_list) return key_text(item.name) + " = " + value_text(item.values.front()) + "\n";
    std::vector<std::string> texts;
    for (auto const& value : item.values) texts.push_back(value_text(value));
    return fmt::format("{} = [{}]\n", key_text(item.name), fmt::join(texts, ", "));
}

}  // namespace rankpool::batch
