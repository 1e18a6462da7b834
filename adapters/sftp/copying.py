"""A file of any size copied piece by piece, and checked against the size that the server says it has."""

from __future__ import annotations

from typing import BinaryIO

from paramiko import SFTPClient

from adapters.errors import Garbled, Rejected

PIECE = 1 << 20
AHEAD = 64  # requests under way: the server's pace, without holding the file in memory


def copied(files: SFTPClient, path: str, into: BinaryIO, limit: int) -> int:
    """The number of bytes. Rejected (``too_large``) above ``limit``, Garbled for a file that is being written."""
    size = files.stat(path).st_size
    if size is None:
        raise Garbled(f"{path}: the server gives no size; ask the partner for one that does", maybe_done=False)
    if size > limit:
        raise Rejected(f"{path} has {size} bytes, more than {limit}: see what it is", symbol="too_large")
    done = 0
    with files.open(path, "rb") as file:
        file.prefetch(size, max_concurrent_requests=AHEAD)
        while piece := file.read(PIECE):
            into.write(piece)
            done += len(piece)
    if done != size:
        raise Garbled(f"{path} should have {size} bytes and has {done}: it is being written", maybe_done=False)
    return done
