// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/stack_room.hpp"
#include "rankpool/wire/writer.hpp"

#include <boost/archive/basic_archive.hpp>
#include <boost/archive/detail/common_oarchive.hpp>
#include <boost/archive/detail/register_archive.hpp>
#include <boost/mpl/bool.hpp>
#include <boost/serialization/array_optimization.hpp>
#include <boost/serialization/array_wrapper.hpp>
#include <boost/serialization/collection_size_type.hpp>
#include <boost/serialization/item_version_type.hpp>

#include <string_view>

namespace rankpool::wire {

/// A Boost.Serialization archive that writes to a Sink: binary, no header, arrays of raw items in one write.
/// One archive per value, so that what it remembers of pointers does not outlive what they point to.
class OutputArchive : public boost::archive::detail::common_oarchive<OutputArchive> {
    using Base = boost::archive::detail::common_oarchive<OutputArchive>;
    friend class boost::archive::detail::interface_oarchive<OutputArchive>;
    friend class boost::archive::save_access;

  public:
    /// Asked by Boost's containers.
    struct use_array_optimization {
        template <class T>
        struct apply : boost::mpl::bool_<Raw<T>> {};
    };

    explicit OutputArchive(Sink& sink) : Base(boost::archive::no_header), writer_(sink) {}

    void save_binary(void const* data, std::size_t size) { writer_.write(data, size); }

    template <class T>
    void save_array(boost::serialization::array_wrapper<T> const& array, unsigned int /*version*/) {
        writer_.write(array.address(), array.count() * sizeof(T));
    }

    /// Primitives of Boost's own kind, such as strong typedefs.
    template <class T>
    void save(T const& value) {
        static_assert(std::is_standard_layout_v<T>);
        writer_.write(&value, sizeof(T));
    }

  protected:
    template <class T>
    void save_override(T const& value) {
        if constexpr (Fast<T>) {
            writer_ << value;
        } else {
            room_.require();
            if constexpr (IsCompound<T>) {
                Compound<T>::save(*this, value);
            } else {
                Base::save_override(value);
            }
        }
    }

    // What Boost notes down about classes and objects, each as small as it can be.
    void save_override(boost::archive::class_id_optional_type const& /*id*/) {}
    void save_override(boost::archive::class_id_type const& id) { put<std::int16_t>(id); }
    void save_override(boost::archive::class_id_reference_type const& id) { put<std::int16_t>(id); }
    void save_override(boost::archive::object_id_type const& id) { put<std::uint32_t>(id); }
    void save_override(boost::archive::object_reference_type const& id) { put<std::uint32_t>(id); }
    void save_override(boost::archive::tracking_type const& on) { put<bool>(on); }
    void save_override(boost::archive::version_type const& version) { put_version(version); }
    void save_override(boost::serialization::item_version_type const& version) { put_version(version); }
    void save_override(boost::serialization::collection_size_type const& count) {
        writer_.write_count(count);
    }
    void save_override(boost::archive::class_name_type const& name) {
        writer_ << std::string{static_cast<char const*>(name)};
    }

  private:
    template <class As>
    void put(As value) {
        writer_ << value;
    }
    // Boost allows no class version above 255.
    void put_version(std::uint32_t version) { put(static_cast<std::uint8_t>(version)); }

    Writer writer_;
    StackRoom room_;
};

}  // namespace rankpool::wire

BOOST_SERIALIZATION_REGISTER_ARCHIVE(rankpool::wire::OutputArchive)
BOOST_SERIALIZATION_USE_ARRAY_OPTIMIZATION(rankpool::wire::OutputArchive)
