// SPDX-License-Identifier: MIT
#include "rankpool/batch/rows/json_lines.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_name = 80;

using Json = nlohmann::ordered_json;

/// The fields of one object. A number keeps its letters, which a double would not; so lists and objects are
/// written anew as they are read.
class FieldsReader final : public nlohmann::json_sax<Json> {
  public:
    std::vector<std::pair<std::string, std::string>> fields;
    std::string problem;

    bool null() override { return take(depth_ == 1 ? "" : "null"); }
    bool boolean(bool value) override { return take(value ? "true" : "false"); }
    /// Only of numbers with a sign.
    bool number_integer(number_integer_t value) override {
        return take(value == 0 ? "-0" : std::to_string(value));
    }
    bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
    bool number_float(number_float_t /*value*/, string_t const& text) override { return take(text); }
    bool string(string_t& value) override {
        return take(depth_ == 1 ? std::move(value) : Json(std::move(value)).dump());
    }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return enter('{'); }
    bool key(string_t& name) override {
        if (depth_ == 1) {
            name_ = std::move(name);
        } else {
            write(Json(std::move(name)).dump() + ":");
            needs_comma_ = false;
        }
        return true;
    }
    bool end_object() override { return leave('}'); }
    bool start_array(std::size_t /*size*/) override { return enter('['); }
    bool end_array() override { return leave(']'); }
    bool parse_error(std::size_t position, std::string const& /*token*/,
                     nlohmann::detail::exception const& /*error*/) override {
        problem = "no JSON from character " + std::to_string(position) + " on";
        return false;
    }

  private:
    bool take(std::string text) {
        if (depth_ == 0) return false;
        if (depth_ == 1) {
            fields.emplace_back(std::move(name_), std::move(text));
        } else {
            write(text);
        }
        return true;
    }
    bool enter(char sign) {
        if (depth_ == 1) {
            fields.emplace_back(std::move(name_), "");
            needs_comma_ = false;
        }
        if (depth_ > 0) write({sign});
        needs_comma_ = false;
        ++depth_;
        return true;
    }
    bool leave(char sign) {
        needs_comma_ = false;
        if (--depth_ > 0) write({sign});
        return true;
    }
    /// A part of a list or an object.
    void write(std::string const& json) {
        auto& text = fields.back().second;
        if (needs_comma_) text += ',';
        text += json;
        needs_comma_ = true;
    }

    std::size_t depth_ = 0;
    bool needs_comma_ = false;
    std::string name_;
};

}  // namespace

std::optional<JsonLines::Fields> JsonLines::read() {
    for (std::string text; std::getline(in_, text);) {
        ++line_;
        auto const start = text.find_first_not_of(" \t\r");
        if (start == std::string::npos) continue;
        FieldsReader reader;
        bool const good = Json::sax_parse(text, &reader);
        if (!reader.problem.empty()) fail(reader.problem);
        if (!good || text[start] != '{') fail("no object");
        object_ = std::move(text);
        return std::move(reader.fields);
    }
    return std::nullopt;
}

std::vector<std::string> JsonLines::columns() {
    if (!columns_.empty()) return columns_;
    first_ = read();
    if (!first_) return columns_;
    for (auto const& [name, value] : *first_) columns_.push_back(name);
    return columns_;
}

std::optional<RowReader::Row> JsonLines::next() {
    auto fields = first_ ? std::exchange(first_, std::nullopt) : read();
    if (!fields) return std::nullopt;
    Row row;
    for (auto const& column : columns_) {
        auto const field = std::ranges::find(*fields, column, &Fields::value_type::first);
        if (field == fields->end()) fail("there is no '" + shortened(column, longest_name) + "'");
        row.push_back(std::move(field->second));
    }
    if (fields->size() > columns_.size()) {
        auto const is_new = [&](auto const& field) {
            return std::ranges::find(columns_, field.first) == columns_.end();
        };
        auto const field = std::ranges::find_if(*fields, is_new);
        fail(field == fields->end()
                 ? "a name twice"
                 : "'" + shortened(field->first, longest_name) + "', which the first line has not");
    }
    return row;
}

void JsonLines::fail(std::string const& why) const {
    throw InputError("cannot read " + file_ + " as JSON Lines (line " + std::to_string(line_) + ": " + why +
                     "). Is it one object in each line, all with the same names?");
}

}  // namespace rankpool::batch
