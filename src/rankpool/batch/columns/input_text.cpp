// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/input_text.hpp"

#include "rankpool/core/printable.hpp"

#include <fmt/format.h>

namespace rankpool::batch {
namespace {

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

struct Printer {
    std::size_t longest;

    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(std::string const& text) const { return text.substr(0, longest); }
    std::string operator()(Bytes const& bytes) const { return fmt::format("({} bytes)", bytes.size()); }
};

}  // namespace

std::string input_text(std::vector<Column> const& columns, std::span<Value const> values,
                       std::size_t longest) {
    std::string text;
    for (std::size_t i = 0; i < values.size() && i < columns.size() && text.size() < longest; ++i) {
        if (!text.empty()) text += ", ";
        // A little more than fits, so that it is seen to have been cut.
        text += columns[i].name + "=" + std::visit(Printer{longest + 1}, values[i]);
    }
    return shortened(printable(text), longest);
}

std::string plain_text(Value const& value) {
    struct Visitor {
        std::string operator()(std::monostate) const { return ""; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return fmt::format("{}", number); }
        std::string operator()(std::string const& text) const { return text; }
        std::string operator()(Bytes const& bytes) const {
            std::string text;
            for (auto const byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
            return text;
        }
    };
    return std::visit(Visitor{}, value);
}

std::string shortened(std::string text, std::size_t longest) {
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && continues_character(text[end])) --end;
    text.resize(end);
    return text + "...";
}

std::string bounded_text(std::string const& text, std::size_t longest) {
    if (text.size() <= longest) return text;
    auto const head = shortened(text, longest / 2);
    std::size_t tail = text.size() - longest / 2;
    while (tail < text.size() && continues_character(text[tail])) ++tail;
    return fmt::format("{} ({} of {} bytes left out) ...{}", head, tail - longest / 2, text.size(),
                       text.substr(tail));
}

}  // namespace rankpool::batch
