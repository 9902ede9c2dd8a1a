// SPDX-License-Identifier: MIT
#include "rankpool/channel/connection.hpp"

#include <algorithm>

namespace rankpool::channel {

void AnyConnection::send_bytes(std::span<std::byte const> bytes) {
    put(Message::bytes, [&](wire::Sink& sink) { sink.write(bytes.data(), bytes.size()); });
}

std::vector<std::byte> AnyConnection::recv_bytes() {
    return take(Message::bytes, [](ItemSource& source) {
        std::vector<std::byte> all;
        for (auto piece = source.take_piece(); !piece.empty(); piece = source.take_piece()) {
            all.insert(all.end(), piece.begin(), piece.end());
        }
        return all;
    });
}

std::size_t AnyConnection::recv_bytes_into(std::span<std::byte> to) {
    std::vector<std::byte> message = recv_bytes();
    std::size_t const size = message.size();
    if (size > to.size()) {
        throw BufferTooShort("cannot receive a message of " + std::to_string(size) +
                                 " bytes (there is room for " + std::to_string(to.size()) +
                                 "). Take it from the error's message()?",
                             std::move(message));
    }
    std::copy(message.begin(), message.end(), to.begin());
    return size;
}

bool AnyConnection::poll_until(Deadline const& deadline) const {
    (void)receiving();
    return handle_.poll(deadline);
}

AnyConnection::operator Waitable() const {
    (void)receiving();
    return handle_.waitable();
}

Endpoint& AnyConnection::sending() const {
    if (!writable()) {
        throw UsageError(
            "cannot send (the connection is read-only: it is the receiver of a one-way pipe). "
            "Use the sender, or make a pipe()?");
    }
    return handle_.endpoint();
}

Endpoint& AnyConnection::receiving() const {
    if (!readable()) {
        throw UsageError(
            "cannot receive (the connection is write-only: it is the sender of a one-way pipe). "
            "Use the receiver, or make a pipe()?");
    }
    return handle_.endpoint();
}

void AnyConnection::require_kind(wire::Source& source, Message kind) {
    Message found{};
    source.read(&found, sizeof found);
    if (found == kind) return;
    throw SerializationError(
        kind == Message::value ? "cannot receive a value (the message is one of bytes, by send_bytes; it is "
                                 "gone now). Take such with recv_bytes()?"
                               : "cannot receive bytes (the message is a value, by send; it is gone now). "
                                 "Take such with recv()?");
}

void AnyConnection::throw_end_of_file() {
    throw EndOfFile(
        "nothing more comes through this connection (every other end is closed, or its process has ended)");
}

}  // namespace rankpool::channel
