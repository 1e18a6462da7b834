"""Where files lie: /{client}/{facility}/in, out, out/ack, archive and error below one root (profile 2.1)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("in", "out", "out/ack", "archive", "error")


class Folders:
    """The client's folders on this disk, and who writes into them at the moment."""

    def __init__(self, root: Path, client: str) -> None:
        self.root = root
        self.client = client
        self.writing: Counter[str] = Counter()  # path on this disk -> open handles of the client
        self._resting: dict[str, tuple[int, int, float]] = {}  # path -> size, mtime, since

    def make(self, facility: str) -> None:
        """Makes the facility's folders."""
        for name in FOLDERS:
            self.at(facility, name).mkdir(parents=True, exist_ok=True)

    def at(self, facility: str, folder: str) -> Path:
        """One of the facility's folders."""
        return self.root / self.client / facility / folder

    def ready(self, facility: str, now: float, rest: float) -> Iterator[Path]:
        """The files in ``in`` that may be taken, oldest first: no .tmp, not open, unchanged for ``rest`` seconds."""
        found = []
        with os.scandir(self.at(facility, "in")) as entries:
            for entry in entries:
                if entry.name.endswith(".tmp") or not entry.is_file() or self.writing[entry.path]:
                    continue
                told = entry.stat()
                size, mtime, since = self._resting.get(entry.path, (-1, -1, now))
                if (size, mtime) != (told.st_size, told.st_mtime_ns):
                    since = now
                self._resting[entry.path] = (told.st_size, told.st_mtime_ns, since)
                if now - since >= rest:
                    found.append((told.st_mtime_ns, entry.name, Path(entry.path)))
        for _, _, path in sorted(found):
            self._resting.pop(str(path), None)
            yield path

    def shelve(self, facility: str, path: Path, folder: str) -> str:
        """Moves a file into ``archive`` or ``error``; where its name is taken it gets a number. Its name there."""
        there = self.at(facility, folder)
        name, turn = path.name, 1
        while (there / name).exists():
            turn += 1
            name = f"{path.name}.{turn}"
        path.rename(there / name)
        return name
