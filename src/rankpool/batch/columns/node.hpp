// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a container looks like as JSON: the way of its values into one text column and back. Bytes are lists
/// of numbers; what JSON has no number for is null (not a number) or the text "inf" or "-inf"; a text that is
/// not UTF-8 is an object with its bytes, `{"hex": "4dfc"}`.
struct Node {
    enum class Kind { value, list, object };

    Kind kind = Kind::value;
    Value value;
    std::vector<Node> children;
    std::string name;  ///< of a child of an object
};

std::string to_json(Node const& node);
/// Throws SerializationError where the text is no JSON, or is nested deeper than anything that is written.
Node from_json(std::string const& text);

/// One value in the same way, and the value that was written so: of the type of the column.
std::string to_json(Value const& value);
/// A node that is to be a scalar: bytes and texts have forms of their own. Nothing where it is none.
std::optional<Value> scalar_in(Node const& node);
/// A node that is to be a text.
std::optional<std::string> text_in(Node const& node);

}  // namespace rankpool::batch
