"""How a file comes to lie in a folder: .tmp and rename, or slowly in place; and again, once its name is free."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

After = Callable[[float, Callable[[], None]], None]

PIECES = 5
LOOK_AGAIN = 0.05  # seconds


def land(path: Path, data: bytes) -> None:
    """Writes beside it and renames, as the profile (2.1) asks of every sender."""
    beside = path.with_name(f"{path.name}.tmp")
    beside.write_bytes(data)
    beside.replace(path)


def grow(path: Path, data: bytes, seconds: float, after: After) -> None:
    """Writes piece by piece under the final name; who takes it too early has a part of it."""
    size = max(1, -(-len(data) // PIECES))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    _go_on(path.open("wb", buffering=0), pieces, seconds / PIECES, after)


def _go_on(file: BinaryIO, pieces: list[bytes], pause: float, after: After) -> None:
    file.write(pieces[0])
    if pieces[1:]:
        after(pause, lambda: _go_on(file, pieces[1:], pause, after))
    else:
        file.close()


def place(path: Path, after: After, put: Callable[[Path], None]) -> None:
    """``put`` is called with the path once no file has it any more."""
    if path.exists():
        after(LOOK_AGAIN, lambda: place(path, after, put))
    else:
        put(path)
