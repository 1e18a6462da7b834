"""Lays a file into the folder from which Khaos reads a courier's references: whole or not at all, and once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from adapters.errors import Occupied


def lay(folder: str, name: str, body: bytes) -> bool:
    """Write the file beside its place, then rename it, so that nobody reads a half. False when it was there already.

    Raises:
        Occupied: another content stands under that name.
        OSError: the folder cannot be reached or written.
    """
    place = Path(folder) / name
    if place.exists():
        if place.read_bytes() != body:
            raise Occupied(f"{place} is there with other content")
        return False
    beside = place.with_name(f"{name}.{secrets.token_hex(8)}.tmp")  # no mask for finished files fits it
    try:
        # of our own making and no link: whoever else may write there cannot lead us to another file
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        _write(handle, body)
        beside.rename(place)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return True


def _write(handle: int, body: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
