"""A file of any size copied piece by piece, and checked against the size that the server says it has."""

from __future__ import annotations

from typing import BinaryIO

from paramiko import SFTPClient

from adapters.errors import Rejected
from adapters.sftp.names import shown, wire
from adapters.sftp.uploading import request_path

PIECE = 1 << 20
AHEAD = 64  # requests under way: the server's pace, without holding the file in memory


def copied(files: SFTPClient, path: str, into: BinaryIO, limit: int) -> int:
    """The number of bytes. Rejected (``too_large``) above ``limit``, ``size_differs`` for a file that is being written.

    A size that STAT lacks, or gives as 0, is not held to.
    """
    name = shown(path)
    size = files.stat(request_path(path)).st_size or 0
    done = 0
    if size <= limit:
        with files.open(wire(path), "rb") as file:
            if size:
                file.prefetch(size, max_concurrent_requests=AHEAD)
            while done <= limit and (piece := file.read(PIECE)):
                into.write(piece)
                done += len(piece)
    if max(size, done) > limit:
        raise Rejected(f"{name} has more than {limit} bytes: see what it is", symbol="too_large")
    if size and done != size:
        why = f"{name} should have {size} bytes and has {done}: it is being written, or the server is wrong"
        raise Rejected(f"{why}; if it stays so, ask the partner to lay it again", symbol="size_differs")
    return done
