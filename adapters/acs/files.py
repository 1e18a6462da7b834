"""Files at ACS: the daily stock file and set-up results taken, set-up files laid. One attempt each.

Profile, sections 2.5.3 and 2.5.4; transport and folders are not published. Errors are those of ``adapters.errors``, as
``adapters.sftp.Sftp`` raises them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from adapters.acs.file_settings import FileSettings
from adapters.sftp.files import Dropped, Entry, Sftp


class AcsFiles:
    """One login at ACS's SFTP server. May be used from many threads."""

    def __init__(self, settings: FileSettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Connects to nothing yet. ``clock`` counts seconds from any start; ``stable_for`` is measured by it."""
        self.settings = settings
        self._sftp = Sftp(settings.login)
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, dict[Entry, float]] = {}

    def ping(self) -> None:
        """Asks for a folder and forgets it. Raises as everything else does when ACS cannot be used."""
        self._sftp.reach(self.settings.stock_folder)

    def stock_files(self) -> list[Entry]:
        """Stock files that have stopped growing, oldest first. What is given stays there until it is archived."""
        return self._rested(self.settings.stock_folder)

    def stock_files_ever(self) -> list[Entry]:
        """Stock files that lie in either folder, taken or not, and whatever else the archive holds."""
        return [
            one
            for folder in (self.settings.stock_folder, self.settings.archive_folder)
            for one in self._sftp.listing(folder)
        ]

    def setup_results(self) -> list[Entry]:
        """Answers to set-up files, likewise."""
        return [
            one
            for one in self._rested(self.settings.result_folder)
            if one.name.lower().endswith(self.settings.result_suffix.lower())
        ]

    def drop_setup(self, name: str, data: bytes) -> Dropped:
        """Puts a set-up file there, as ``adapters.sftp.Sftp.drop`` does: harmless to repeat."""
        return self._sftp.drop(self.settings.setup_folder, name, data)

    def fetch(self, path: str) -> bytes:
        """The whole file. Rejected (``missing``) when somebody archived it, (``too_large``) above the setting."""
        return self._sftp.fetch(path, self.settings.largest_file)

    def copy(self, path: str, into: BinaryIO) -> int:
        """Copies a file of any size into an open file, in bounded memory, and gives its bytes. Raises as ``fetch``."""
        return self._sftp.copy(path, into, self.settings.largest_file)

    def archive(self, path: str) -> str | None:
        """Moves a file to the archive, once its records are committed; None when that was done before."""
        return self._sftp.archive(path, self.settings.archive_folder)

    def close(self) -> None:
        """Hangs up every connection that nobody uses now."""
        self._sftp.close()

    def _rested(self, folder: str) -> list[Entry]:
        found = self._sftp.listing(folder)
        now = self._clock()
        with self._lock:
            before = self._seen.get(folder, {})
            seen = self._seen[folder] = {one: before.get(one, now) for one in found}
        return [one for one in found if now - seen[one] >= self.settings.stable_for]
