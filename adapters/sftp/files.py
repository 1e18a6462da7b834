"""What is done with files at a partner: drop, list, fetch, archive, each safe to be done again."""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import BinaryIO

from paramiko import SFTPAttributes

from adapters.errors import Rejected
from adapters.sftp.account import Account
from adapters.sftp.copying import copied
from adapters.sftp.leftovers import Leftovers, unfinished
from adapters.sftp.line import Line
from adapters.sftp.names import entries, shown, wire
from adapters.sftp.uploading import content_of, is_there, request_path, same, stat_of, taken, upload

LARGEST = 64 * 1024 * 1024
NAMES = 100
LONG_AGO = datetime.fromtimestamp(0, UTC)


class Dropped(Enum):
    """The good ends of a drop."""

    WRITTEN = "written"
    ALREADY_THERE = "already there"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder. ``size`` is in bytes; ``changed`` is the server's time of the last write; None: not given.

    ``path`` is for ``fetch`` and ``archive`` alone: it cannot be stored where the name is no UTF-8. ``name`` can.
    """

    path: str
    name: str
    size: int | None
    changed: datetime | None


class Sftp:
    """One account at one server. A connection is used by one thread at a time, reused, and opened anew after an error.

    Every method makes one attempt, of at most ``deadline`` seconds, and raises the errors of ``adapters.errors``:
    Unavailable (``maybe_done`` once all bytes of an upload were handed over, or while a rename was under way),
    Throttled, Unauthorised, Garbled, and Rejected with the symbol ``missing``, ``permission``, ``name_taken`` or
    ``too_large``; of a single file that is asked for also ``failure`` (the server said no more than that),
    ``size_differs`` or ``bad_name``.
    """

    def __init__(self, account: Account) -> None:
        """Connects to nothing yet."""
        self.account = account
        self._line = Line(account)
        self._leftovers = Leftovers()

    def reach(self, folder: str) -> None:
        """Asks for the folder and forgets it: raises what would keep everything else from working."""
        with self._line.operation(f"look at {folder}") as at:
            at.files.stat(folder)

    def drop(self, folder: str, name: str, data: bytes, *, new: bool = False) -> Dropped:
        """Puts a file there whole: under a name of its own that ends in ``.tmp``, then renamed.

        May be called again after any outcome: the same bytes under the name are ALREADY_THERE, other bytes are
        Rejected (``name_taken``) and stay. A receiver that took the file meanwhile gets it once more under the
        same name, and knows it by that. Our own ``.tmp`` files that are older than an hour are removed.

        ``new``: the name was never used, so nothing is looked for under it first; should something stand there after
        all, the rename finds it, with the same outcome.
        """
        final = posixpath.join(folder, name)
        temporary = unfinished(final)
        with self._line.operation(f"drop {final}") as at:
            if not new and is_there(at.files, final, data):
                return Dropped.ALREADY_THERE
            written = upload(at, temporary, data)
            self._leftovers.clear(at, folder, written)
            try:
                # Not posix_rename, which replaces what stands there, and which not every server knows.
                at.files.rename(temporary, final)
            except OSError as error:
                if not at.answered(error):
                    raise
                if stat_of(at.files, temporary) is None and not same(at.files, final, data):
                    raise taken(at, temporary) from error
                at.doubtful = False
                at.remove(temporary)
                if is_there(at.files, final, data):
                    return Dropped.ALREADY_THERE
                raise
            return Dropped.WRITTEN

    def listing(self, folder: str) -> list[Entry]:
        """The files in a folder, oldest first; without folders and without what ends in ``.tmp``.

        A link is listed: what it leads to is seen when it is fetched. So is a name that is no UTF-8, or that holds a
        line break or a slash: whether it can be fetched shows itself then, and its neighbours need not wait for that.
        """
        with self._line.operation(f"list {folder}") as at:
            found = [
                _entry(folder, one)
                for one in entries(at.files, folder)
                if not one.filename.lower().endswith(".tmp") and _may_be_file(one)
            ]
        return sorted(found, key=lambda one: (one.changed or LONG_AGO, one.name))

    def fetch(self, path: str, limit: int = LARGEST) -> bytes:
        """The whole file, of at most ``limit`` bytes. A size that STAT lacks, or gives as 0, is not held to."""
        name = shown(path)
        with self._line.operation(f"fetch {name}", one_file=True) as at:
            size = at.files.stat(request_path(path)).st_size or 0
            data = content_of(at.files, wire(path), limit + 1) if size <= limit else b""
        if max(size, len(data)) > limit:
            raise Rejected(f"{name} has more than {limit} bytes: see what it is", symbol="too_large")
        if size and len(data) != size:
            why = f"{name} should have {size} bytes and has {len(data)}: it is being written, or the server is wrong"
            raise Rejected(f"{why}; if it stays so, ask the partner to lay it again", symbol="size_differs")
        return data

    def copy(self, path: str, into: BinaryIO, limit: int = LARGEST) -> int:
        """Copies a file of any size in bounded memory, and gives its bytes. Raises as ``fetch``."""
        with self._line.operation(f"copy {shown(path)}", one_file=True) as at:
            return copied(at.files, path, into, limit)

    def archive(self, path: str, folder: str) -> str | None:
        """Moves a file into the folder and gives its new path; None when it is gone: that was done before.

        Nothing is replaced: where the name is taken a number follows it (``945_000009010.edi.2``).
        """
        name = posixpath.join(folder, posixpath.basename(path))
        with self._line.operation(f"archive {shown(path)} into {folder}", one_file=True) as at:
            for target in (name, *(f"{name}.{number}" for number in range(2, NAMES))):
                if stat_of(at.files, path) is None:
                    return None
                if stat_of(at.files, target) is not None:
                    continue
                at.doubtful = True
                try:
                    at.files.rename(wire(path), wire(target))
                except OSError as error:
                    if not at.answered(error):
                        raise
                    at.doubtful = False
                    if stat_of(at.files, path) is not None and stat_of(at.files, target) is None:
                        raise
                else:
                    return target
        raise Rejected(f"{folder} has {NAMES - 1} files named after {shown(name)}: clear them up", symbol="name_taken")

    def close(self) -> None:
        """Hangs up every connection that nobody uses now; the next call opens another."""
        self._line.hang_up()


def _may_be_file(attributes: SFTPAttributes) -> bool:
    return (
        attributes.st_mode is None
        or stat.S_ISREG(attributes.st_mode)
        or stat.S_ISLNK(attributes.st_mode)
        or not stat.S_IFMT(attributes.st_mode)
    )


def _entry(folder: str, attributes: SFTPAttributes) -> Entry:
    try:
        changed = None if attributes.st_mtime is None else datetime.fromtimestamp(attributes.st_mtime, UTC)
    except (ValueError, OverflowError, OSError):
        changed = None
    return Entry(posixpath.join(folder, attributes.filename), shown(attributes.filename), attributes.st_size, changed)
