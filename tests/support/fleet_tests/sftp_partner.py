"""A real SFTP server on loopback with bad days to order."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from adapters.sftp.account import Account

FOLDERS = ("in", "out", "out/ack", "archive", "error")

IN, OUT, ARCHIVE = "/MODA/GBNH01/in", "/MODA/GBNH01/out", "/MODA/GBNH01/archive"
ORDER = b"ISA*00*" + b"an order " * 12_000  # several packets


@dataclass
class Faults:
    """What goes wrong next. Each counts down to nothing by itself, unless it says always."""

    cut_after: int | None = None  # bytes written or read before the connection breaks
    cut_before_rename: int = 0
    cut_after_rename: int = 0
    refuse_rename: int = 0  # a bare failure
    denied: set[str] = field(default_factory=set)  # operations, always
    disk_full: bool = False  # always
    lose_bytes: int = 0  # of the next file written, without a word
    silent: bool = False  # every read takes very long, always
    between_stat_and_rename: Callable[[], object] | None = None


class Files(asyncssh.SFTPServer):
    """A folder on this disk as the server's root."""

    def __init__(self, chan: Any, root: Path, faults: Faults, calls: Counter[str]) -> None:
        super().__init__(chan, chroot=os.fsencode(root))
        self._faults = faults
        self._calls = calls
        self._chan = chan

    def _told(self, name: str) -> None:
        self._calls[name] += 1
        if name in self._faults.denied:
            raise asyncssh.SFTPPermissionDenied("no")

    def _break(self) -> None:
        self._chan.get_connection().abort()
        raise asyncssh.SFTPConnectionLost("cut")

    def _count(self, size: int) -> None:
        if self._faults.cut_after is not None:
            self._faults.cut_after -= size
            if self._faults.cut_after <= 0:
                self._faults.cut_after = None
                self._break()

    def open(self, path: bytes, pflags: int, attrs: Any) -> Any:
        self._told("write" if pflags & asyncssh.FXF_WRITE else "read")
        return super().open(path, pflags, attrs)

    def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
        self._calls["bytes"] += len(data)
        if self._faults.disk_full:
            raise asyncssh.SFTPFailure("no space left")
        self._count(len(data))
        if self._faults.lose_bytes:
            data, self._faults.lose_bytes = data[: -self._faults.lose_bytes], 0
        return super().write(file_obj, offset, data)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if self._faults.silent:
            await asyncio.sleep(600)
        data = super().read(file_obj, offset, size)
        assert isinstance(data, bytes)  # a plain folder answers at once
        self._count(len(data))
        return data

    def rename(self, oldpath: bytes, newpath: bytes) -> Any:
        self._told("rename")
        if self._faults.between_stat_and_rename:
            self._faults.between_stat_and_rename()
        if self._faults.refuse_rename:
            self._faults.refuse_rename -= 1
            raise asyncssh.SFTPFailure("not now")
        if self._faults.cut_before_rename:
            self._faults.cut_before_rename -= 1
            self._break()
        if os.path.lexists(self.map_path(newpath)):
            raise asyncssh.SFTPFailure("exists")  # as OpenSSH answers in version 3
        done = super().rename(oldpath, newpath)
        if self._faults.cut_after_rename:
            self._faults.cut_after_rename -= 1
            self._break()
        return done

    def remove(self, path: bytes) -> Any:
        self._told("remove")
        return super().remove(path)

    def scandir(self, path: bytes) -> Any:
        self._told("list")
        return super().scandir(path)


class Door(asyncssh.SSHServer):
    """Counts who comes in, and keeps them so that they can be thrown out."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    def connection_made(self, conn: Any) -> None:
        self._partner.calls["connections"] += 1
        self._partner.guests.append(conn)

    def begin_auth(self, username: str) -> bool:
        if self._partner.full:
            raise asyncssh.DisconnectError(asyncssh.DISC_TOO_MANY_CONNECTIONS, "come back later")
        return True


class Partner:
    """The server, its disk and what was asked of it."""

    files = Files  # what serves its folders, for a test to bend

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.guests: list[Any] = []
        self.full = False
        self.port = 0
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_keys = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256")]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Any = None
        for facility in ("GBNH01", "GBNH02"):
            for folder in FOLDERS:
                (root / "MODA" / facility / folder).mkdir(parents=True)

    def start(self) -> None:
        self._thread.start()
        self._server = self._on_loop(self._listen())
        self.port = self._server.get_port()

    async def _listen(self) -> Any:
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: Door(self),
            server_host_keys=self.host_keys,
            authorized_client_keys=asyncssh.import_authorized_keys(self.key.export_public_key().decode()),
            sftp_factory=lambda chan: Files(chan, self.root, self.faults, self.calls),
            allow_scp=False,
        )

    def throw_out(self) -> None:
        async def abort() -> None:
            for guest in self.guests:
                guest.abort()
            self.guests.clear()

        self._on_loop(abort())

    def stop(self) -> None:
        self.throw_out()
        self._on_loop(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _on_loop(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def host_key(self, number: int = 0) -> str:
        return str(self.host_keys[number].export_public_key().decode().strip())

    def folder(self, name: str = "in", facility: str = "GBNH01") -> Path:
        return self.root / "MODA" / facility / name

    def names(self, name: str = "in", facility: str = "GBNH01") -> list[str]:
        return sorted(one.name for one in self.folder(name, facility).iterdir() if one.is_file())

    def lay(self, name: str, data: bytes = b"x", *, folder: str = "out", age: float = 0.0) -> Path:
        path = self.folder(folder) / name
        path.write_bytes(data)
        moment = time.time() - age
        os.utime(path, (moment, moment))
        return path


@contextmanager
def partners(folder: Path) -> Iterator[Partner]:
    """A partner whose disk lies in a folder, for as long as the block lasts."""
    served = Partner(folder / "disk")
    served.start()
    yield served
    served.stop()


def account_at(partner: Partner) -> Account:
    """How our side logs in there."""
    return Account(
        host="127.0.0.1",
        port=partner.port,
        user="moda",
        private_key=partner.key.export_private_key().decode(),
        host_key=partner.host_key(),
        connect_timeout=5.0,
        deadline=10.0,
    )
