"""A Postgres of one's own in a folder: its settings, and how it is started, asked whether it is up, and stopped.

Who runs it, and where its data lies, is ``cluster``'s business.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from workers.embedded import folder as embedded_folder
from workers.embedded.binaries import postgres_tree, reachable_postgres
from workers.embedded.cluster import BARE, ROLE, STOP_PATIENCE, clear_remains, create, place_of, set_aside
from workers.embedded.keeper import Program, Resident, keep
from workers.embedded.parent_death import alive, die_with_parent

DATABASE = ROLE
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # one door, and it asks for the password
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "autovacuum_naptime": "5s",  # the live table is a queue: each claim walks over the dead rows at its head
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Errors are logged without the statement and without DETAIL, which quote customers' data.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedPostgres:
    """A Postgres in ``folder``, on 127.0.0.1, with a password, for as long as the owner process lives.

    ``<folder>/dsn`` (0600) holds its address while it runs. Port, password and data outlive a stop.
    As a context manager it stops on exit only what it started itself.
    """

    def __init__(self, folder: Path) -> None:
        self._resident = Resident(folder, "dsn", "workers.embedded.postgres", _answers, STOP_PATIENCE + 15)
        self.folder = self._resident.folder

    def start(self) -> str:
        """Return the DSN (``postgresql://…``) of the server, started if it is not up. Raises ``NotStarted``."""
        return self._resident.start()

    def stop(self) -> None:
        """Roll back what is open, write everything down and end; returns when no process is left."""
        self._resident.stop()

    def discard(self) -> None:
        """Stop, and delete the folder and all data."""
        self.stop()
        shutil.rmtree(place_of(self.folder).home, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """The postmaster's pid; None while it is down."""
        text = embedded_folder.read_or_none(self.folder / "program.pid")
        return int(text) if text and alive(int(text)) else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._resident.ours:
            self.stop()


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def _dsn(secret: str, port: int, database: str = DATABASE) -> str:
    return f"postgresql://{ROLE}:{secret}@127.0.0.1:{port}/{database}"


def _ready(data: Path, process: subprocess.Popen[bytes], secret: str, port: int) -> bool:
    """Whether the server takes connections; makes the database the first time it does."""
    noted = (embedded_folder.read_or_none(data / "postmaster.pid") or "").splitlines()
    if len(noted) < 8 or noted[0] != str(process.pid) or noted[7].strip() != "ready":  # noqa: PLR2004  # miscadmin.h
        return False
    with (
        contextlib.suppress(psycopg.OperationalError),
        psycopg.connect(_dsn(secret, port, "postgres"), autocommit=True) as connection,
    ):
        found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        return True
    return False


def program(folder: Path, settings: Mapping[str, str] = SETTINGS) -> Program:
    """The program by which the keeper of ``folder`` runs Postgres there."""
    os.chmod(folder, 0o711 if os.getuid() == 0 else 0o700)  # noqa: PTH101  # files in it are 0600, data is 0700
    place = place_of(folder)
    tree = reachable_postgres() if place.user else postgres_tree()
    if place.data.exists() and not (folder / "password").exists():
        set_aside(place)
    secret = embedded_folder.password(folder / "password")
    log = embedded_folder.open_log(folder / "postgres.log")
    if not (place.data / "PG_VERSION").exists():
        create(place, tree, secret, log)
    clear_remains(place.data)
    port = embedded_folder.port(folder / "port")

    def launch() -> tuple[subprocess.Popen[bytes], str]:
        flags = [f"--{name}={value}" for name, value in {**settings, "port": str(port)}.items()]
        try:
            process: subprocess.Popen[bytes] = subprocess.Popen(
                [str(tree / "bin" / "postgres"), "-D", str(place.data), *flags],
                env=BARE,
                cwd=place.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509  # the keeper has one thread
                **place.as_user(),
            )
        finally:
            os.close(log)
        return process, _dsn(secret, port)

    return Program(launch, lambda p: _ready(place.data, p, secret, port), signal.SIGINT, STOP_PATIENCE)


def main() -> int:
    """``python -m workers.embedded.postgres FOLDER [--owner PID]``: be the keeper, in the foreground."""
    parser = argparse.ArgumentParser(description=EmbeddedPostgres.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owner", type=int, default=os.getppid(), help="end when this process does")
    given = parser.parse_args()
    folder = embedded_folder.prepare(given.folder)
    return keep(folder, "dsn", lambda: program(folder), given.owner)


if __name__ == "__main__":
    sys.exit(main())
