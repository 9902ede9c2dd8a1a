"""Makes small Y4M videos."""

import random


def video(width, height, frames, colour="420jpeg", seed=1):
    """A stream of random frames."""
    chance = random.Random(seed)
    half = ((width + 1) // 2) * ((height + 1) // 2)
    size = width * height + (2 * half if colour.startswith("420") else 0 if colour == "mono" else 2 * width * height)
    stream = [f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C{colour}\n".encode()]
    stream += [b"FRAME\n" + chance.randbytes(size) for _ in range(frames)]
    return b"".join(stream)


def frames_of(stream, size):
    """The frames' bytes."""
    _, _, rest = stream.partition(b"\n")
    step = len(b"FRAME\n") + size
    assert len(rest) % step == 0, "whole frames"
    return [rest[i + 6 : i + step] for i in range(0, len(rest), step)]
