"""How our unfinished uploads are named, and how those that nobody will finish are cleared away."""

from __future__ import annotations

import posixpath
import re
import secrets

from adapters.sftp.line import Operation
from adapters.sftp.names import entries

OURS = re.compile(r"\.[0-9a-f]{16}\.tmp")
LEFT_BEHIND = 3600.0  # seconds, by the server's own clock


def unfinished(path: str) -> str:
    """A name beside ``path`` that nobody else has, and that a receiver leaves alone."""
    return f"{path}.{secrets.token_hex(8)}.tmp"


class Leftovers:
    """Clears a folder of what uploads of ours left behind more than an hour ago, at most once an hour."""

    def __init__(self) -> None:
        self._looked: dict[str, float] = {}

    def clear(self, at: Operation, folder: str, now: float | None) -> None:
        """``now`` is the server's time; without one nothing is done. A right that is missing is no error."""
        looked = self._looked.get(folder)
        if now is None or (looked is not None and now - looked < LEFT_BEHIND):
            return
        self._looked[folder] = now
        try:
            names = entries(at.files, folder)
        except OSError as error:
            if not at.answered(error):
                raise
            return
        for one in names:
            old = one.st_mtime is not None and now - one.st_mtime > LEFT_BEHIND
            if old and OURS.search(one.filename):
                at.remove(posixpath.join(folder, one.filename))
