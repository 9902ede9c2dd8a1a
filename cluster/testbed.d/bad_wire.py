#!/usr/bin/env python3
"""Makes one node's cable bad: bad_wire.py NODE SECONDS FRACTION, beside the controller.

What the node sends arrives SECONDS late, and FRACTION of it never. Frames go from the cable's end, taken off the bridge,
to a second cable whose other end is on the bridge, through this process; so it needs no netem in the kernel. It ends when
that cable, NODE.late, is deleted.
"""

import collections
import errno
import random
import select
import socket
import subprocess
import sys
import time

# linux/if_packet.h, linux/if_ether.h
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_IGNORE_OUTGOING = 23
ETH_P_ALL = 3
# The header that says what the sender has left to the network card, and the largest packet.
LONGEST = 12 + 65536 + 64


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def end_of(cable):
    """A socket that takes and gives whole frames, checksums and segments still to be made included."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    end.bind((cable, 0))
    end.setblocking(False)
    return end


def frames_at(end):
    """All that have come."""
    while True:
        try:
            yield end.recv(LONGEST)
        except BlockingIOError:
            return


def give(end, frame):
    """Sends, or loses where there is no room, as a cable does."""
    try:
        end.send(frame)
    except OSError:
        pass


def carry(node, bridge, seconds, fraction):
    """For ever: late from the node to the bridge, at once back."""
    late = collections.deque()
    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        ready, _, _ = select.select([node, bridge], [], [], wait)
        if bridge in ready:
            for frame in frames_at(bridge):
                give(node, frame)
        if node in ready:
            due = time.monotonic() + seconds
            late.extend((due, frame) for frame in frames_at(node) if random.random() >= fraction)
        while late and late[0][0] <= time.monotonic():
            give(bridge, late.popleft()[1])


def main():
    name, seconds, fraction = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    ip("link", "add", f"{name}.late", "type", "veth", "peer", "name", f"{name}.port")
    ip("link", "set", f"{name}.late", "up")
    ip("link", "set", name, "nomaster")
    ends = end_of(name), end_of(f"{name}.late")
    ip("link", "set", f"{name}.port", "master", "bridge", "up")
    try:
        carry(*ends, seconds, fraction)
    except OSError as error:
        if error.errno != errno.ENETDOWN:
            raise


if __name__ == "__main__":
    main()
