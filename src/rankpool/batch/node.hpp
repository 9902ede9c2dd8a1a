// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/column.hpp"

#include <string>
#include <vector>

namespace rankpool::batch {

/// What a container looks like as JSON: the way of its values into one text column and back. Bytes are lists
/// of numbers; what JSON has no number for is null (not a number) or the text "inf" or "-inf".
struct Node {
    enum class Kind { value, list, object };

    Kind kind = Kind::value;
    Value value;
    std::vector<Node> children;
    std::string name;  ///< of a child of an object
};

std::string to_json(Node const& node);
/// Throws SerializationError where the text is no JSON.
Node from_json(std::string const& text);

}  // namespace rankpool::batch
