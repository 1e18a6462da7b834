"""The SFTP door: who may log in, and what a client may do in which folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import PurePosixPath

import asyncssh
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_TRUNC, FXF_WRITE

from adapters.acs.sandbox.site import Site

WRITES = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC
MOVES = {("setup", "setup"), ("stock", "archive"), ("setup/results", "archive")}


@dataclass(frozen=True)
class Login:
    """Who is let in with which keys, and the key by which the server is known."""

    user: str
    keys: list[asyncssh.SSHKey]
    host_key: asyncssh.SSHKey


class Guard(asyncssh.SSHServer):
    """Lets the client in with its key alone."""

    def __init__(self, site: Site, login: Login) -> None:
        self._site, self._login = site, login

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """While the place is away nobody answers."""
        self._site.connections["opened"] += 1
        if time.time() < self._site.switches.away_until:
            conn.abort()

    def begin_auth(self, username: str) -> bool:
        """Everybody must log in."""
        return True

    def public_key_auth_supported(self) -> bool:
        """The only way in."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """The right user with one of the keys that were given."""
        return username == self._login.user and key in self._login.keys


class Files(asyncssh.SFTPServer):
    """The account's folders: written to ``setup`` alone, moved from ``stock`` and results to ``archive``."""

    def __init__(self, site: Site, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=str(site.folders.root).encode())
        self._site = site
        self._open: dict[int, str] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Opening for writing needs ``setup``."""
        writing = bool(pflags & WRITES)
        if writing and _folder(path) != "setup":
            raise asyncssh.SFTPPermissionDenied("files are written to setup alone")
        file = super().open(path, pflags, attrs)
        if writing:
            local = self.map_path(path).decode()
            self._open[id(file)] = local
            self._site.folders.writing[local] += 1
        self._site.connections["uploads" if writing else "downloads"] += 1
        return file

    def close(self, file_obj: object) -> None:
        """From now on an upload may be taken."""
        self._finish(self._open.pop(id(file_obj), ""))
        super().close(file_obj)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Fails where the new name is taken, as SFTP version 3 has it."""
        if (_folder(oldpath), _folder(newpath)) not in MOVES:
            raise asyncssh.SFTPPermissionDenied("files are renamed in setup, and moved to archive")
        super().rename(oldpath, newpath)

    posix_rename = rename

    def remove(self, path: bytes) -> None:
        """Only what was left half-written in ``setup``."""
        if _folder(path) != "setup" or not path.endswith(b".tmp"):
            raise asyncssh.SFTPPermissionDenied("only .tmp files in setup may be removed")
        super().remove(path)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Folders are made by the place."""
        raise asyncssh.SFTPPermissionDenied("folders are made by the place")

    rmdir = symlink = link = setstat = lsetstat = mkdir  # type: ignore[assignment]

    def exit(self) -> None:
        """Whatever a broken connection left open is closed."""
        for local in self._open.values():
            self._finish(local)
        self._open.clear()

    def _finish(self, local: str) -> None:
        if local:
            self._site.folders.writing[local] -= 1


async def listen(site: Site, host: str, port: int, login: Login) -> asyncssh.SSHAcceptor:
    """Opens the door."""
    return await asyncssh.create_server(
        lambda: Guard(site, login),
        host,
        port,
        server_host_keys=[login.host_key],
        sftp_factory=lambda chan: Files(site, chan),
        allow_scp=False,
        reuse_address=True,
    )


def _folder(path: bytes) -> str:
    """``stock``, ``setup``, ``setup/results``, ``archive``: what stands before the file's name."""
    return "/".join(PurePosixPath("/", path.decode()).parts[1:-1])
