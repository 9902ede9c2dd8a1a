// SPDX-License-Identifier: MIT
#include "rankpool/wire/output_archive.hpp"

#include <boost/archive/detail/archive_serializer_map.hpp>
#include <boost/archive/impl/archive_serializer_map.ipp>

// Where Boost looks up the classes that the user has exported.
template class boost::archive::detail::archive_serializer_map<rankpool::wire::OutputArchive>;
