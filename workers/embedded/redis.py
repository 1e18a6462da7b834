"""A Redis of one's own in a folder: its settings, and how it is started without its password in ``ps``."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import redis

from workers.embedded import folder as embedded_folder
from workers.embedded.binaries import redis_server
from workers.embedded.keeper import Program, Resident, keep
from workers.embedded.parent_death import alive, die_with_parent

STOP_PATIENCE = 30.0
SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "daemonize": "no",
    "dir": ".",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',  # the append-only file is enough: no snapshots beside it
    "maxmemory-policy": "noeviction",  # an evicted bell would be rung again late
    "tcp-backlog": "128",
}


class EmbeddedRedis:
    """A Redis in ``folder``, on 127.0.0.1, with a password, for as long as the owner process lives.

    ``<folder>/url`` (0600) holds its address while it runs. Port, password and data outlive a stop.
    As a context manager it stops on exit only what it started itself.
    """

    def __init__(self, folder: Path) -> None:
        self._resident = Resident(folder, "url", "workers.embedded.redis", _answers, STOP_PATIENCE + 15)
        self.folder = self._resident.folder

    def start(self) -> str:
        """Return the URL (``redis://…/0``) of the server, started if it is not up. Raises ``NotStarted``."""
        return self._resident.start()

    def stop(self) -> None:
        """Write everything down and end; returns when no process is left."""
        self._resident.stop()

    def restart(self) -> str:
        """Stop and start on the same port with the same password; returns the URL."""
        self.stop()
        return self.start()

    def discard(self) -> None:
        """Stop, and delete the folder and all data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """The server's pid; None while it is down."""
        text = embedded_folder.read_or_none(self.folder / "program.pid")
        return int(text) if text and alive(int(text)) else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._resident.ours:
            self.stop()


def _answers(url: str) -> bool:
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=3) as client:
        return bool(client.ping())
    return False


def program(folder: Path) -> Program:
    """The program by which the keeper of ``folder`` runs Redis there."""
    server = redis_server()
    secret = embedded_folder.password(folder / "password")
    port = embedded_folder.port(folder / "port")
    data = embedded_folder.prepare(folder / "data")
    lines = {**SETTINGS, "port": str(port), "requirepass": secret}
    configuration = folder / "redis.conf"
    embedded_folder.write_private(configuration, "".join(f"{name} {value}\n" for name, value in lines.items()))
    url = f"redis://:{secret}@127.0.0.1:{port}/0"

    def launch() -> tuple[subprocess.Popen[bytes], str]:
        log = embedded_folder.open_log(folder / "redis.log")
        try:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [server, str(configuration)],
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # the keeper has one thread
            )
        finally:
            os.close(log)
        return process, url

    return Program(launch, lambda _: _answers(url), signal.SIGTERM, STOP_PATIENCE)


def main() -> int:
    """``python -m workers.embedded.redis FOLDER [--owner PID]``: be the keeper, in the foreground."""
    parser = argparse.ArgumentParser(description=EmbeddedRedis.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owner", type=int, default=os.getppid(), help="end when this process does")
    given = parser.parse_args()
    folder = embedded_folder.prepare(given.folder)
    return keep(folder, "url", lambda: program(folder), given.owner)


if __name__ == "__main__":
    sys.exit(main())
