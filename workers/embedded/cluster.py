"""Who runs the embedded Postgres, where its data lies, how that is first written, and what a crash leaves there.

Postgres refuses to run as root (manual, "The PostgreSQL User Account"); root runs it as ``nobody``,
and gives it a data directory that this user can reach.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.embedded import folder as embedded_folder
from workers.embedded.binaries import lasting_folder, reachable
from workers.embedded.parent_death import alive, until

ROLE = "fleet"
STOP_PATIENCE = 60.0
BARE = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # no PGDATA or PGPORT of the caller's leaks in


@dataclass(frozen=True, slots=True)
class Place:
    """The data's folder and the server's user; ``user`` is None when it is the caller."""

    home: Path
    user: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    def as_user(self) -> dict[str, Any]:
        """The arguments that make ``subprocess`` start a program as the server's user."""
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand ``path`` to the server's user."""
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def place_of(folder: Path) -> Place:
    """The data's place for the server of ``folder``: in it, or in /var/lib where ``nobody`` cannot reach it."""
    if os.getuid() != 0:
        return Place(folder, None)
    user = pwd.getpwnam("nobody")
    if folder.is_dir() and reachable(folder):
        return Place(folder, user)
    return Place(lasting_folder(f"khaos-fleet-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"), user)


def _run(place: Place, command: list[str], log: int) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run(
        command, env=BARE, cwd=place.home, stdin=quiet, stdout=log, stderr=log, check=True, **place.as_user()
    )


def create(place: Place, tree: Path, secret: str, log: int) -> None:
    """Write a new database cluster, complete or not at all."""
    half = Path(tempfile.mkdtemp(prefix="half-", dir=place.home))
    handle, name = tempfile.mkstemp(prefix="secret-", dir=place.home)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secret + "\n")
        place.give(Path(name))
        place.give(half)
        locale = ["--locale=C"]
        if tree.name == "pginstall18":
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = [str(tree / "bin" / "initdb"), "-D", str(half), "-U", ROLE, "--pwfile", name, "--encoding=UTF8"]
        _run(place, [*initdb, *locale, "--auth=scram-sha-256"], log)
        half.rename(place.data)
    finally:
        Path(name).unlink()
        if half.exists():
            shutil.rmtree(half)


def set_aside(place: Place) -> None:
    """Data whose password went with a deleted folder cannot be opened again: make room, and keep the last such data."""
    clear_remains(place.data)
    orphan = place.home / "data-without-password"
    shutil.rmtree(orphan, ignore_errors=True)
    place.data.rename(orphan)


def clear_remains(data: Path) -> None:
    """End a server whose keeper was killed; forget the pid file of one that is gone."""
    noted = embedded_folder.read_or_none(data / "postmaster.pid")
    if not noted:
        return
    pid = int(noted.split()[0])
    if sys.platform == "linux" and Path(f"/proc/{pid}/cwd").resolve() != data:
        (data / "postmaster.pid").unlink()  # a postmaster sits in its data directory: this is another program
        return
    if alive(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        until(lambda: not alive(pid), STOP_PATIENCE)
