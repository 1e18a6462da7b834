"""What a client may do in which folder over SFTP, and connections that break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

import asyncssh
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_TRUNC, FXF_WRITE

from adapters.gxo.sandbox.site import Site

WRITES = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC


@dataclass
class Transfer:
    """An open file. ``breaks_at``: the connection breaks when so many bytes have passed."""

    path: str
    writing: bool
    breaks_at: int | None = None
    passed: int = 0


class Files(asyncssh.SFTPServer):
    """The client's folders: written to ``in`` alone, moved out of ``out`` into ``archive``, nothing deleted."""

    def __init__(self, site: Site, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=str(site.folders.root).encode())
        self._site = site
        self._transfers: dict[int, Transfer] = {}

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """A folder's files."""
        await self._answer()
        async for one in super().scandir(path):
            yield one

    async def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        """Size and time of a file."""
        await self._answer()
        return await self.convert_attrs(super().stat(path))

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Opening for writing needs ``in``."""
        await self._answer()
        writing = bool(pflags & WRITES)
        if writing and _folder(path) != "in":
            raise asyncssh.SFTPPermissionDenied("files are written to in alone")
        file = super().open(path, pflags, attrs)
        local = self.map_path(path).decode()
        switches, breaks_at = self._site.switches, None
        if switches.used("drop_writes_next" if writing else "drop_reads_next"):
            breaks_at = switches.drop_after_bytes
        self._transfers[id(file)] = Transfer(local, writing, breaks_at)
        self._site.folders.writing[local] += writing
        self._site.connections["uploads" if writing else "downloads"] += 1
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """As asked, until the connection breaks."""
        await self._answer()
        file = cast("BinaryIO", file_obj)
        file.seek(offset)
        data = file.read(size)
        self._pass(file_obj, len(data))
        return data

    async def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """As asked; what passed before the connection broke stays."""
        await self._answer()
        file, transfer = cast("BinaryIO", file_obj), self._transfers[id(file_obj)]
        file.seek(offset)
        if transfer.breaks_at is not None:
            file.write(data[: max(transfer.breaks_at - transfer.passed, 0)])
        else:
            file.write(data)
        self._pass(file_obj, len(data))
        return len(data)

    def close(self, file_obj: object) -> None:
        """From now on an upload may be taken."""
        transfer = self._transfers.pop(id(file_obj), None)
        if transfer is not None:
            self._site.folders.writing[transfer.path] -= transfer.writing
        super().close(file_obj)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Fails where the new name is taken, as SFTP version 3 has it."""
        await self._answer()
        self._rename(oldpath, newpath, super().rename)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Replaces what has the new name; some servers do not have this call."""
        await self._answer()
        if not self._site.switches.posix_rename:
            raise asyncssh.SFTPOpUnsupported("posix-rename is not supported")
        self._rename(oldpath, newpath, super().posix_rename)

    def remove(self, path: bytes) -> None:
        """Only what was left half-written in ``in``: files are archived, never deleted (profile 2.1)."""
        if _folder(path) != "in" or not path.endswith(b".tmp"):
            raise asyncssh.SFTPPermissionDenied("only .tmp files in in may be removed")
        super().remove(path)
        self._site.connections["removed"] += 1

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Folders are made by the site."""
        raise asyncssh.SFTPPermissionDenied("folders are made by the site")

    rmdir = symlink = link = setstat = lsetstat = mkdir  # type: ignore[assignment]

    def _rename(self, oldpath: bytes, newpath: bytes, how: Callable[[bytes, bytes], object]) -> None:
        moves = (_folder(oldpath), _folder(newpath))
        if moves not in {("in", "in"), ("out", "archive"), ("out/ack", "archive")} or _site_of(oldpath) != _site_of(
            newpath
        ):
            raise asyncssh.SFTPPermissionDenied("files are renamed in in, and from out to archive")
        kinds = ("rename", "landing") if moves == ("in", "in") else ("rename",)
        if any(self._site.switches.used(f"drop_before_{kind}_next") for kind in kinds):
            self._break()
        how(oldpath, newpath)
        self._site.connections["renamed"] += 1
        if any(self._site.switches.used(f"drop_after_{kind}_next") for kind in kinds):
            self._break()

    async def _answer(self) -> None:
        if time.time() < self._site.switches.away_until:
            self._break()
        if self._site.switches.slow_seconds:
            await asyncio.sleep(self._site.switches.slow_seconds)

    def _pass(self, file_obj: object, units: int) -> None:
        transfer = self._transfers[id(file_obj)]
        transfer.passed += units
        if transfer.breaks_at is not None and transfer.passed >= transfer.breaks_at:
            self._break()

    def _break(self) -> None:
        self._site.connections["dropped"] += 1
        self.connection.abort()
        raise asyncssh.SFTPConnectionLost("the connection broke")

    def exit(self) -> None:
        """Whatever a broken connection left open is closed."""
        for transfer in self._transfers.values():
            self._site.folders.writing[transfer.path] -= transfer.writing
        self._transfers.clear()


def _folder(path: bytes) -> str:
    """``in``, ``out``, ``out/ack`` …: what stands between facility and file name."""
    return "/".join(PurePosixPath("/", path.decode()).parts[3:-1])


def _site_of(path: bytes) -> tuple[str, ...]:
    return PurePosixPath("/", path.decode()).parts[:3]
