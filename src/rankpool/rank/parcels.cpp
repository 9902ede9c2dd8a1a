// SPDX-License-Identifier: MIT
#include "rankpool/rank/parcels.hpp"

#include "rankpool/protocol/messages.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace rankpool::supervisor {
namespace {

/// Pieces that come one by one are kept together up to this size.
constexpr std::size_t most_joined = 16 * 1024;

/// Where the record behind the one at `offset` begins. They have been looked at where they came from, but
/// their sender may have written over them between that and their copy: nothing beyond the end is read.
std::size_t next_record(std::span<std::byte const> records, std::size_t offset) {
    std::uint32_t length = 0;
    if (records.size() - offset < sizeof length) return records.size();
    std::memcpy(&length, records.data() + offset, sizeof length);
    std::size_t const end = offset + sizeof length + (length == link::no_value ? 0 : length);
    return std::min(end, records.size());
}

}  // namespace

void Parcels::add(std::uint64_t count, std::span<std::byte const> records) {
    Parcel* const last = parcels_.empty() ? nullptr : &parcels_.back();
    bool const joins = last && !records.empty() && !last->records.empty() &&
                       last->records.size() + records.size() <= most_joined;
    if (joins) {
        last->records.insert(last->records.end(), records.begin(), records.end());
        last->count += count;
    } else {
        parcels_.push_back({next_, count, {records.begin(), records.end()}, next_, 0});
    }
    next_ += count;
}

void Parcels::add(std::vector<std::byte> record) {
    parcels_.push_back({next_, 1, std::move(record), next_, 0});
    ++next_;
}

Parcels::Slice Parcels::slice(std::uint64_t first, std::uint64_t count) {
    auto const after = std::upper_bound(parcels_.begin(), parcels_.end(), first,
                                        [](std::uint64_t task, Parcel const& p) { return task < p.first; });
    Parcel& parcel = *std::prev(after);
    std::span<std::byte const> const records{parcel.records};
    count = std::min(count, parcel.first + parcel.count - first);
    if (records.empty()) return {count, {}};
    if (first < parcel.at_task) {
        parcel.at_task = parcel.first;
        parcel.at_byte = 0;
    }
    for (; parcel.at_task < first; ++parcel.at_task) parcel.at_byte = next_record(records, parcel.at_byte);
    std::size_t const begin = parcel.at_byte;
    for (; parcel.at_task < first + count; ++parcel.at_task) {
        parcel.at_byte = next_record(records, parcel.at_byte);
    }
    return {count, records.subspan(begin, parcel.at_byte - begin)};
}

std::uint64_t Parcels::drop_below(std::uint64_t task) {
    std::uint64_t freed = 0;
    while (!parcels_.empty() && parcels_.front().first + parcels_.front().count <= task) {
        freed += parcels_.front().records.size();
        parcels_.pop_front();
    }
    return freed;
}

}  // namespace rankpool::supervisor
