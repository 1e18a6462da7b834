"""Every exchange with GXO: bytes into a facility's folder, bytes out of it. One attempt each, no loop of retries.

Folders and names are the settings'; that a file is whole before it is taken is seen to here (profile, section
2.1). Errors are those of ``adapters.errors``, as ``adapters.sftp.Sftp`` raises them.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from adapters.errors import Rejected
from adapters.gxo.settings import Settings
from adapters.sftp.files import Dropped, Entry, Sftp

LONG_AGO = datetime.fromtimestamp(0, UTC)  # of files whose time of change the server does not give


class Gxo:
    """One account at GXO. May be used from many threads; calls at one time have connections of their own."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Connects to nothing yet. ``clock`` counts seconds from any start; ``stable_for`` is measured by it."""
        self.settings = settings
        self._sftp = Sftp(settings.account)
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, dict[Entry, float]] = {}

    def ping(self) -> None:
        """Asks for a folder and forgets it. Raises as everything else does when GXO cannot be used."""
        self._sftp.reach(self._folder(min(self.settings.sites), self.settings.in_folder))

    def drop_order(self, facility: str, name: str, data: bytes, *, new: bool = False) -> Dropped:
        """Puts a 940 into the facility's folder, as ``adapters.sftp.Sftp.drop`` does: harmless to repeat."""
        return self._drop(facility, name, data, new=new)

    def drop_advice(self, facility: str, name: str, data: bytes) -> Dropped:
        """Puts a 943 there, likewise."""
        return self._drop(facility, name, data)

    def drop_items(self, facility: str, name: str, data: bytes) -> Dropped:
        """Puts an item file there, likewise."""
        return self._drop(facility, name, data)

    def list_new(self, facility: str) -> list[Entry]:
        """What lies in the facility's out folders and has stopped growing, oldest first.

        Servers give the time of change in whole seconds: within one, files come in the order of their numbers.

        A file is whole when it was seen with the same size and time of change ``stable_for`` seconds ago or
        earlier. First sightings are kept in memory, by this object alone: another process, and this one after a
        restart, sees each file for the first time and takes it ``stable_for`` seconds later, never earlier. What is
        given back stays in the list until it is archived, so the same file may be given to several callers.
        """
        listed = self._sftp.listing(self._folder(facility, self.settings.out_folder)) + self._acknowledgements(facility)
        found = sorted(listed, key=lambda one: (one.changed or LONG_AGO, _number(one.name), one.name))
        now = self._clock()
        with self._lock:
            before = self._seen.get(facility, {})
            seen = self._seen[facility] = {one: before.get(one, now) for one in found}
        return [one for one in found if now - seen[one] >= self.settings.stable_for]

    def lying(self, facility: str, folder: str) -> list[Entry]:
        """Everything that lies in one of the facility's folders, whole or growing, oldest first; nothing is moved."""
        return self._sftp.listing(self._folder(facility, folder))

    def fetch(self, path: str) -> bytes:
        """The whole file. Rejected (``missing``) when somebody archived it, (``too_large``) above the setting."""
        return self._sftp.fetch(path, self.settings.largest_file)

    def archive(self, facility: str, path: str) -> str | None:
        """Moves a file to the facility's archive, once its records are committed; None when that was done before."""
        return self._sftp.archive(path, self._folder(facility, self.settings.archive_folder))

    def close(self) -> None:
        """Hangs up every connection that nobody uses now."""
        self._sftp.close()

    def _drop(self, facility: str, name: str, data: bytes, *, new: bool = False) -> Dropped:
        return self._sftp.drop(self._folder(facility, self.settings.in_folder), name, data, new=new)

    def _acknowledgements(self, facility: str) -> list[Entry]:
        if not self.settings.ack_folder:
            return []
        try:
            return self._sftp.listing(self._folder(facility, self.settings.ack_folder))
        except Rejected as error:
            if error.symbol != "missing":
                raise
            return []  # it is optional (profile, section 2.1)

    def _folder(self, facility: str, folder: str) -> str:
        if facility not in self.settings.sites:
            raise Rejected(
                f"facility {facility!r} is none of this connection's: add it to its sites in fleet.toml",
                symbol="facility_unknown",
            )
        return self.settings.folder_of(facility, folder)


def _number(name: str) -> int:
    """The number of a file's name, whatever stands around it (``945_000009010.edi``, ``945_000009010-2.edi``)."""
    return int(max(re.findall(r"\d+", name), key=len, default="0"))
