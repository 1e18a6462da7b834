"""Partners' SFTP servers inside one process: folders on this disk, the walk's time, and connections that break.

It stands where paramiko would open a channel, so that all of the adapter's own code runs on it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from paramiko import SFTPAttributes
from paramiko.message import Message
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from adapters.sftp import line
from adapters.sftp.account import Account
from workers.simulator.clock import CLOCK
from workers.simulator.wire import NO_ANSWER, PARTNER_TIMEOUT, Wire

T = TypeVar("T")
A_REQUEST = 0.005  # seconds
BEFORE, AFTER = ("refused", "throttled", "lost", "late"), ("cut", "silent", "error")


def install(wire: Wire, roots: Mapping[str, Path]) -> None:
    """Stand where paramiko would connect. ``roots`` are the folders by host."""
    setattr(line, "Session", lambda account: Session(account, wire, roots[account.host]))  # noqa: B010  mypy refuses the assignment


class Session:
    """A connection, as ``adapters.sftp.session`` has it."""

    heard = None

    def __init__(self, account: Account, wire: Wire, root: Path) -> None:
        self.account = account
        self.late = False
        self.alive = True
        self.wire, self.root, self.host = wire, root, account.host

    def open(self) -> Disk:
        """The channel."""
        return Disk(self)

    def cut(self) -> None:
        """The deadline is reckoned in the walk's time: see ``Disk``."""

    def close(self) -> None:
        """Hang up."""
        self.alive = False


class Disk:
    """What the adapter asks of paramiko's ``SFTPClient``."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._listed: list[SFTPAttributes] = []

    def stat(self, path: str | bytes) -> SFTPAttributes:
        """Size and time of a file."""
        return self._ask(lambda: SFTPAttributes.from_stat(self._at(path).stat()))

    def open(self, path: str | bytes, mode: str) -> File:
        """A file to be read whole or to be written anew."""
        place = self._at(path)
        if mode == "rb":
            return File(self, place, self._ask(place.read_bytes))
        self._ask(lambda: place.open("xb").close(), writes=True)
        return File(self, place, b"")

    def rename(self, old: str | bytes, new: str | bytes) -> None:
        """Fails where the new name is taken."""

        def do() -> None:
            if self._at(new).exists():
                raise OSError(errno.EEXIST, "Failure")
            self._at(old).rename(self._at(new))

        self._ask(do, writes=True)

    def remove(self, path: str | bytes) -> None:
        """Delete a file."""
        self._ask(self._at(path).unlink)

    def _request(self, kind: int, argument: bytes) -> tuple[int, Any]:
        """A folder's listing, as ``adapters.sftp.names`` asks for it."""
        answer = Message()
        if kind == CMD_OPENDIR:
            self._listed = self._ask(lambda: _listing(self._at(argument)))
            answer.add_string(b"folder")
            answer.rewind()
            return CMD_HANDLE, answer
        if kind == CMD_READDIR:
            if not self._listed:
                raise EOFError
            listed, self._listed = self._listed, []
            answer.add_int(len(listed))
            for one in listed:
                answer.add_string(os.fsencode(one.filename))
                answer.add_string(b"")
                cast("Any", one)._pack(answer)  # noqa: SLF001  as a server does
            answer.rewind()
            return CMD_NAME, answer
        return CMD_CLOSE, answer

    def written(self, path: Path, data: bytes) -> None:
        """Bytes of an upload arrive; a connection that breaks meanwhile leaves some of them there."""
        whole = self._session.wire.peek(self._session.host) != "half"
        self._ask(lambda: _stamp(path, data if whole else data[: len(data) // 2]), writes=True)

    def closed(self) -> None:
        """An upload is closed."""
        self._ask(lambda: None)

    def _ask(self, do: Callable[[], T], *, writes: bool = False) -> T:
        """One request, spoiled if a fault waits for it. Raises what paramiko raises."""
        wire = self._session.wire
        CLOCK.wait(A_REQUEST)
        host = self._session.host
        wire.before(host, writes=writes)
        fault = wire.next_fault(host, writes=writes)
        if fault in BEFORE:
            if fault == "late":
                wire.late.append((CLOCK.at + timedelta(seconds=wire.calls % PARTNER_TIMEOUT), lambda: _try(do)))
            self._break(slow=fault in ("lost", "late"))
        if fault == "html":
            raise OSError("Failure")
        result = do()
        if fault in AFTER or fault == "half":
            self._break(slow=fault == "silent")
        wire.after(host, writes=writes)
        return result

    def _break(self, *, slow: bool) -> None:
        if slow:
            CLOCK.wait(NO_ANSWER)
        self._session.alive = False
        raise EOFError

    def _at(self, path: str | bytes) -> Path:
        return self._session.root / os.fsdecode(path).lstrip("/")


class File:
    """An open file: what is read was fetched when it was opened, what is written arrives at once."""

    def __init__(self, disk: Disk, path: Path, data: bytes) -> None:
        self._disk, self._path, self._data, self._written = disk, path, data, False

    def read(self, most: int) -> bytes:
        """The next bytes."""
        piece, self._data = self._data[:most], self._data[most:]
        return piece

    def prefetch(self, size: int, max_concurrent_requests: int) -> None:
        """All of it was fetched."""

    def write(self, data: bytes) -> None:
        """All bytes."""
        self._written = True
        self._disk.written(self._path, data)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """From now on an upload may be taken."""
        if self._written:
            self._disk.closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def stamp(path: Path) -> None:
    """Give a file the walk's time."""
    at = int(CLOCK.at.timestamp())
    os.utime(path, (at, at))


def _stamp(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    stamp(path)


def _listing(folder: Path) -> list[SFTPAttributes]:
    found = [SFTPAttributes.from_stat(one.stat(), one.name) for one in sorted(folder.iterdir())]
    return [one for one in found if one.filename != "ack"]


def _try(do: Callable[[], object]) -> None:
    """What arrives when nobody waits any more is answered to nobody."""
    try:
        do()
    except OSError:
        return
