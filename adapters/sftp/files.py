"""What is done with files at a partner: drop, list, fetch, archive, each safe to be done again."""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import BinaryIO

from paramiko import SFTPAttributes, SFTPClient

from adapters.errors import Garbled, Rejected
from adapters.sftp.account import Account
from adapters.sftp.copying import copied
from adapters.sftp.leftovers import Leftovers, unfinished
from adapters.sftp.line import Line, Operation

LARGEST = 64 * 1024 * 1024
NAMES = 100


class Dropped(Enum):
    """How a drop ended well."""

    WRITTEN = "written"
    ALREADY_THERE = "already there"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder. ``size`` is in bytes; ``changed`` is the server's time of the last write."""

    path: str
    name: str
    size: int
    changed: datetime


class Sftp:
    """One account at one server. A connection is used by one thread at a time, reused, and opened anew after an error.

    Every method makes one attempt, of at most ``deadline`` seconds, and raises the errors of ``adapters.errors``:
    Unavailable (``maybe_done`` only while a rename was under way), Throttled, Unauthorised, Garbled, and Rejected
    with the symbol ``missing``, ``permission``, ``name_taken`` or ``too_large``.
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

    def drop(self, folder: str, name: str, data: bytes) -> Dropped:
        """Puts a file there whole: under a name of its own that ends in ``.tmp``, then renamed.

        May be called again after any outcome: the same bytes under the name are ALREADY_THERE, other bytes are
        Rejected (``name_taken``) and stay. A receiver that took the file meanwhile gets it once more under the
        same name, and knows it by that. Our own ``.tmp`` files that are older than an hour are removed.
        """
        final = posixpath.join(folder, name)
        temporary = unfinished(final)
        with self._line.operation(f"drop {final}") as at:
            if _is_there(at.files, final, data):
                return Dropped.ALREADY_THERE
            written = _upload(at, temporary, data)
            self._leftovers.clear(at, folder, written)
            at.doubtful = True
            try:
                # Not posix_rename, which replaces what stands there, and which not every server knows.
                at.files.rename(temporary, final)
            except OSError as error:
                if not at.answered(error):
                    raise
                at.doubtful = False
                at.remove(temporary)
                if _is_there(at.files, final, data):
                    return Dropped.ALREADY_THERE
                raise
            return Dropped.WRITTEN

    def listing(self, folder: str) -> list[Entry]:
        """The files in a folder, oldest first; without folders and without what ends in ``.tmp``."""
        with self._line.operation(f"list {folder}") as at:
            found = [
                _entry(folder, one)
                for one in at.files.listdir_attr(folder)
                if not one.filename.lower().endswith(".tmp") and (one.st_mode is None or stat.S_ISREG(one.st_mode))
            ]
        return sorted(found, key=lambda one: (one.changed, one.name))

    def fetch(self, path: str, limit: int = LARGEST) -> bytes:
        """The whole file, of at most ``limit`` bytes. Garbled when it has not the size that it is said to have."""
        with self._line.operation(f"fetch {path}") as at:
            told = _size(at.files.stat(path), path)
            if told > limit:
                raise Rejected(f"{path} has {told} bytes, more than {limit}: see what it is", symbol="too_large")
            data = _content(at.files, path, told + 1)
        if len(data) != told:
            raise Garbled(f"{path} should have {told} bytes and has {len(data)}: it is being written", maybe_done=False)
        return data

    def copy(self, path: str, into: BinaryIO, limit: int = LARGEST) -> int:
        """Copies a file of any size in bounded memory, and gives its bytes. Raises as ``fetch``."""
        with self._line.operation(f"copy {path}") as at:
            return copied(at.files, path, into, limit)

    def archive(self, path: str, folder: str) -> str | None:
        """Moves a file into the folder and gives its new path; None when it is gone: that was done before.

        Nothing is replaced: where the name is taken a number follows it (``945_000009010.edi.2``).
        """
        name = posixpath.join(folder, posixpath.basename(path))
        with self._line.operation(f"archive {path} into {folder}") as at:
            for target in (name, *(f"{name}.{number}" for number in range(2, NAMES))):
                if _stat(at.files, path) is None:
                    return None
                if _stat(at.files, target) is not None:
                    continue
                at.doubtful = True
                try:
                    at.files.rename(path, target)
                except OSError as error:
                    if not at.answered(error):
                        raise
                    at.doubtful = False
                    if _stat(at.files, path) is not None and _stat(at.files, target) is None:
                        raise
                else:
                    return target
        raise Rejected(f"{folder} has {NAMES - 1} files named after {name}: clear them up", symbol="name_taken")

    def close(self) -> None:
        """Hangs up every connection that nobody uses now; the next call opens another."""
        self._line.hang_up()


def _upload(at: Operation, path: str, data: bytes) -> float | None:
    """Writes a file that is not there yet, checks its size, and tells the server's time."""
    with at.files.open(path, "wx") as file:
        try:
            file.write(data)
        except OSError as error:
            if at.answered(error):
                at.remove(path)
            raise
    told = at.files.stat(path)
    if told.st_size != len(data):
        at.remove(path)
        raise Garbled(f"{path}: sent {len(data)} bytes and {told.st_size} arrived", maybe_done=False)
    return told.st_mtime


def _is_there(files: SFTPClient, path: str, data: bytes) -> bool:
    try:
        if files.stat(path).st_size == len(data) and _content(files, path, len(data) + 1) == data:
            return True
    except FileNotFoundError:
        return False
    raise Rejected(
        f"{path} is there with other content: find out who put it there, and have it moved away", symbol="name_taken"
    )


def _stat(files: SFTPClient, path: str) -> SFTPAttributes | None:
    try:
        return files.stat(path)
    except FileNotFoundError:
        return None


def _content(files: SFTPClient, path: str, most: int) -> bytes:
    with files.open(path, "rb") as file:
        return file.read(most)


def _size(told: SFTPAttributes, path: str) -> int:
    if told.st_size is None:
        raise Garbled(f"{path}: the server tells no size; ask the partner for one that does", maybe_done=False)
    return told.st_size


def _entry(folder: str, told: SFTPAttributes) -> Entry:
    path = posixpath.join(folder, told.filename)
    if told.st_mtime is None:
        raise Garbled(
            f"{path}: the server tells no time of change; ask the partner for one that does", maybe_done=False
        )
    return Entry(path, told.filename, _size(told, path), datetime.fromtimestamp(told.st_mtime, UTC))
