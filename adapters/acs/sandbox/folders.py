"""Where files lie: stock, setup, setup/results and archive below one root (profile 2.5.3 and 2.5.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("stock", "setup", "setup/results", "archive", "taken")


class Folders:
    """The account's folders on this disk, and who writes into them at the moment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.writing: Counter[str] = Counter()  # path on this disk -> open handles of the client
        for name in FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)

    def laid(self) -> Iterator[Path]:
        """Set-up files that are whole: no .tmp, and nobody writes them."""
        for path in sorted((self.root / "setup").iterdir()):
            if path.is_file() and path.suffix == ".csv" and not self.writing[str(path)]:
                yield path

    def put(self, folder: str, name: str, data: bytes) -> str:
        """Lays a file whole; where its name is taken it gets a number. Its name there."""
        final, turn = self.root / folder / name, 1
        while final.exists():
            turn += 1
            final = self.root / folder / f"{Path(name).stem}-{turn}{Path(name).suffix}"
        beside = final.with_name(f"{final.name}.tmp")
        beside.write_bytes(data)
        beside.replace(final)
        return final.name

    def take(self, path: Path) -> bytes:
        """Reads a set-up file and puts it away."""
        data = path.read_bytes()
        path.replace(self.root / "taken" / path.name)
        return data
