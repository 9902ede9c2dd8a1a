// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/reader.hpp"
#include "rankpool/wire/stack_room.hpp"

#include <boost/archive/basic_archive.hpp>
#include <boost/archive/detail/common_iarchive.hpp>
#include <boost/archive/detail/register_archive.hpp>
#include <boost/mpl/bool.hpp>
#include <boost/serialization/array_optimization.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/collection_size_type.hpp>
#include <boost/serialization/item_version_type.hpp>
#include <boost/serialization/nvp.hpp>

namespace rankpool::wire {

/// The reading half of OutputArchive. Whatever the bytes are, it reads none past their end and asks for no
/// memory that they could not fill.
class InputArchive : public boost::archive::detail::common_iarchive<InputArchive> {
    using Base = boost::archive::detail::common_iarchive<InputArchive>;
    friend class boost::archive::detail::interface_iarchive<InputArchive>;
    friend class boost::archive::load_access;

  public:
    /// Asked by Boost's containers.
    struct use_array_optimization {
        template <class T>
        struct apply : boost::mpl::bool_<Raw<T>> {};
    };

    explicit InputArchive(Source& source) : Base(boost::archive::no_header), reader_(source) {}

    void load_binary(void* data, std::size_t size) { reader_.read(data, size); }

    template <class T>
    void load_array(boost::serialization::array_wrapper<T> const& array, unsigned int /*version*/) {
        reader_.read(array.address(), array.count() * sizeof(T));
    }

    /// Primitives of Boost's own kind, such as strong typedefs.
    template <class T>
    void load(T& value) {
        static_assert(std::is_standard_layout_v<T>);
        reader_.read(&value, sizeof(T));
    }

  protected:
    template <class T>
    void load_override(T& value) {
        if constexpr (Fast<T>) {
            reader_ >> value;
        } else {
            room_.require();
            if constexpr (IsCompound<T>) {
                Compound<T>::load(*this, value);
            } else {
                Base::load_override(value);
            }
        }
    }

    void load_override(boost::archive::class_id_optional_type& /*id*/) {}
    void load_override(boost::archive::class_id_type& id) { id = get_class_id(); }
    void load_override(boost::archive::class_id_reference_type& id) {
        static_cast<boost::archive::class_id_type&>(id) = get_class_id();
    }
    void load_override(boost::archive::object_id_type& id) { id = get_object_id(); }
    void load_override(boost::archive::object_reference_type& id) {
        static_cast<boost::archive::object_id_type&>(id) = get_object_id();
    }
    void load_override(boost::archive::tracking_type& on) { on = reader_.read_bool(); }
    void load_override(boost::archive::version_type& version) {
        version = boost::archive::version_type{get<std::uint8_t>()};
    }
    void load_override(boost::serialization::item_version_type& version) {
        version = boost::serialization::item_version_type{get<std::uint8_t>()};
    }
    void load_override(boost::serialization::collection_size_type& count) {
        count = boost::serialization::collection_size_type{reader_.read_count(0)};
    }
    // An unordered container's bucket count is no count of items: it may be larger than the message.
    void load_override(boost::serialization::nvp<boost::serialization::collection_size_type> const& count);
    void load_override(boost::archive::class_name_type& name);

  private:
    template <class As>
    As get() {
        As value{};
        reader_ >> value;
        return value;
    }
    boost::archive::class_id_type get_class_id();
    boost::archive::object_id_type get_object_id() {
        return boost::archive::object_id_type{get<std::uint32_t>()};
    }

    Reader reader_;
    StackRoom room_;
};

}  // namespace rankpool::wire

BOOST_SERIALIZATION_REGISTER_ARCHIVE(rankpool::wire::InputArchive)
BOOST_SERIALIZATION_USE_ARRAY_OPTIMIZATION(rankpool::wire::InputArchive)
