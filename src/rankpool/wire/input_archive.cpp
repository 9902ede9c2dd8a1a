// SPDX-License-Identifier: MIT
#include "rankpool/wire/input_archive.hpp"

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/detail/archive_serializer_map.hpp>
#include <boost/archive/impl/archive_serializer_map.ipp>

#include <cstring>
#include <string_view>

namespace rankpool::wire {

boost::archive::class_id_type InputArchive::get_class_id() {
    auto const id = get<std::int16_t>();
    // -1 is a null pointer; Boost uses any other number as an index, unchecked from below.
    if (id < -1) {
        throw SerializationError("cannot rebuild a pointer (class " + std::to_string(id) +
                                 " does not exist). Do save and load match?");
    }
    return boost::archive::class_id_type{id};
}

void InputArchive::load_override(
    boost::serialization::nvp<boost::serialization::collection_size_type> const& count) {
    bool const is_hint = std::string_view{count.name()} == "bucket_count";
    std::size_t const value = is_hint ? reader_.read_hint() : reader_.read_count(0);
    count.value() = boost::serialization::collection_size_type{value};
}

void InputArchive::load_override(boost::archive::class_name_type& name) {
    std::string const key = get<std::string>();
    if (key.size() >= BOOST_SERIALIZATION_MAX_KEY_SIZE) {
        throw SerializationError("cannot rebuild a pointer (its class has a name of " +
                                 std::to_string(key.size()) + " letters). Do save and load match?");
    }
    std::memcpy(static_cast<char*>(name), key.c_str(), key.size() + 1);
}

}  // namespace rankpool::wire

// Where Boost looks up the classes that the user has exported.
template class boost::archive::detail::archive_serializer_map<rankpool::wire::InputArchive>;
