// SPDX-License-Identifier: MIT
#pragma once

#include <boost/mpl/bool.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/serialization.hpp>

#include <string>
#include <type_traits>

namespace rankpool::batch {

/// What a type's serialize() is given when its fields are wanted one by one: calls `field(name, value)` of
/// `Self` for each; a field without a name (no BOOST_SERIALIZATION_NVP) is called by its number.
template <class Self, bool saving>
class FieldArchive {
  public:
    using is_saving = boost::mpl::bool_<saving>;
    using is_loading = boost::mpl::bool_<!saving>;

    template <class T>
    Self& operator&(T&& field) {
        ++number_;
        take(field);
        return self();
    }
    template <class T>
    Self& operator<<(T&& field) {
        return *this & field;
    }
    template <class T>
    Self& operator>>(T&& field) {
        return *this & field;
    }

    /// Lets the serialize() of `value` name its fields to this archive.
    template <class T>
    void visit(T const& value) {
        // A saving archive changes nothing; Boost wants it so.
        boost::serialization::serialize_adl(self(), const_cast<T&>(value), 0U);
    }

    /// Asked by some serialize().
    template <class T>
    void register_type(T* /*type*/ = nullptr) {}

  private:
    Self& self() { return static_cast<Self&>(*this); }

    template <class T>
    void take(boost::serialization::nvp<T> const& pair) {
        self().field(pair.name(), pair.value());
    }
    template <class T>
    void take(T& value) {
        std::string const name = "field" + std::to_string(number_);
        self().field(name.c_str(), const_cast<std::remove_const_t<T>&>(value));
    }

    int number_ = 0;
};

}  // namespace rankpool::batch
