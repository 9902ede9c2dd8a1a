// SPDX-License-Identifier: MIT
#include "rankpool/shared/bytes.hpp"

#include "rankpool/protocol/value_change.hpp"
#include "rankpool/shared/mapped_bytes.hpp"
#include "rankpool/shared_ring/elements.hpp"
#include "rankpool/shared_ring/value_cell.hpp"
#include "rankpool/sync/client.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace rankpool::shared {
namespace {

using link::Operation;
using sync::Client;

void copy(Client::Reply const& reply, std::span<std::byte> to) {
    std::copy_n(reply.tail.begin(), std::min(reply.tail.size(), to.size()), to.begin());
}

/// Calls `use(begin, size)` for pieces of whole units.
template <class Use>
void in_pieces(std::size_t size, std::size_t unit, Use use) {
    std::size_t const piece = link::most_shared_bytes / unit * unit;
    for (std::size_t begin = 0; begin < size; begin += piece) use(begin, std::min(piece, size - begin));
}

}  // namespace

Bytes Bytes::make(std::uint64_t size, std::size_t unit) {
    bool const is_word = std::has_single_bit(unit) && unit <= sizeof(std::uint64_t);
    Kind const kind = size <= link::ValueCell::size ? Kind::cell : is_word ? Kind::array : Kind::asked;
    link::ObjectTerms terms;
    terms.kind = link::ObjectKind::bytes;
    terms.size = size;
    terms.may_be_mapped = kind == Kind::array ? 1 : 0;
    return {channel::make_object(terms), kind};
}

/// Null where the home is to be asked.
link::ValueCell* Bytes::cell() const {
    return kind_ == Kind::cell ? reinterpret_cast<link::ValueCell*>(MappedBytes::of(handle_).bytes())
                               : nullptr;
}

/// Empty where the home is to be asked.
std::span<std::byte> Bytes::mapped(std::uint64_t offset, std::size_t size) const {
    auto* const bytes = kind_ == Kind::array ? MappedBytes::of(handle_).bytes() : nullptr;
    return bytes ? std::span{bytes + offset, size} : std::span<std::byte>{};
}

void Bytes::read(std::uint64_t offset, std::span<std::byte> to, std::size_t unit) const {
    if (auto const* const here = cell()) {
        auto const bytes = here->bytes();
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
        return;
    }
    if (auto const here = mapped(offset, to.size()); !here.empty())
        return link::load_elements(here, to.data());
    in_pieces(to.size(), unit, [&](std::size_t begin, std::size_t size) {
        auto const reply = Client::here().ask(
            handle_,
            {Operation::read, static_cast<std::int64_t>(offset + begin), static_cast<std::int64_t>(size)});
        copy(reply, to.subspan(begin, size));
    });
}

void Bytes::write(std::uint64_t offset, std::span<std::byte const> from, std::size_t unit) const {
    if (auto* const here = cell()) {
        here->update([&](std::span<std::byte> all) {
            std::ranges::copy(from, all.begin() + static_cast<std::ptrdiff_t>(offset));
        });
        return;
    }
    if (auto const here = mapped(offset, from.size()); !here.empty())
        return link::store_elements(here, from.data());
    in_pieces(from.size(), unit, [&](std::size_t begin, std::size_t size) {
        (void)Client::here().ask(handle_, {Operation::write, static_cast<std::int64_t>(offset + begin)},
                                 from.subspan(begin, size));
    });
}

bool Bytes::change(Operation operation, link::NumberType type, std::uint64_t offset,
                   std::span<std::byte const> value, std::span<std::byte> before) const {
    if (auto* const here = cell()) {
        bool is_done = false;
        here->update([&](std::span<std::byte> all) {
            auto const place = all.subspan(offset, before.size());
            std::ranges::copy(place, before.begin());
            is_done = link::change_value(operation, type, place, value);
        });
        return is_done;
    }
    auto const reply = Client::here().ask(
        handle_, {operation, static_cast<std::int64_t>(offset), static_cast<std::int64_t>(type)}, value);
    copy(reply, before);
    return reply.head.outcome == link::SharedOutcome::done;
}

void Bytes::add(std::uint64_t offset, link::NumberType type, std::span<std::byte const> amount,
                std::span<std::byte> before) const {
    (void)change(Operation::add, type, offset, amount, before);
}

void Bytes::exchange(std::uint64_t offset, std::span<std::byte const> value,
                     std::span<std::byte> before) const {
    (void)change(Operation::exchange, {}, offset, value, before);
}

bool Bytes::compare_exchange(std::uint64_t offset, std::span<std::byte const> both,
                             std::span<std::byte> before) const {
    return change(Operation::compare_exchange, {}, offset, both, before);
}

}  // namespace rankpool::shared
