"""A replica of an embedded Postgres, kept by streaming, that can be promoted when the first one is dead."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg

from workers.embedded.binaries import postgres_tree, reachable_postgres
from workers.embedded.cluster import BARE, place_of
from workers.embedded.folder import free_ports, keeper
from workers.embedded.parent_death import children_of, until
from workers.embedded.postgres import SETTINGS, EmbeddedPostgres


class Replica:
    """A synchronous replica: a commit that was answered is in it."""

    def __init__(self, primary: EmbeddedPostgres, dsn: str) -> None:
        self._primary = primary
        place, parts = place_of(primary.folder), urlsplit(dsn)
        self._tree = reachable_postgres() if place.user else postgres_tree()
        self._data = place.home / "replica"
        (port,) = free_ports(1)
        self.dsn = dsn.replace(f":{parts.port}/", f":{port}/")
        self.both = (
            dsn.replace(f":{parts.port}/", f":{parts.port},127.0.0.1:{port}/") + "?target_session_attrs=read-write"
        )
        self._data.mkdir(mode=0o700)
        place.give(self._data)
        self._as_user: dict[str, Any] = {"env": BARE, "cwd": place.home, **place.as_user()}
        self._program(
            "pg_basebackup", "--checkpoint=fast", "--no-sync", "--wal-method=stream", "--write-recovery-conf",
            f"--pgdata={self._data}", f"--dbname={dsn}",
        )  # fmt: skip
        flags = [f"--{name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items()]
        log = (primary.folder / "replica.log").open("ab")
        self._process = subprocess.Popen(
            [str(self._tree / "bin" / "postgres"), "-D", str(self._data), *flags],
            stdout=log,
            stderr=log,
            **self._as_user,
        )
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("alter system set synchronous_standby_names = '*'")
            connection.execute("select pg_reload_conf()")

            def in_step() -> bool:
                return (
                    connection.execute("select 1 from pg_stat_replication where sync_state = 'sync'").fetchone()
                    is not None
                )

            assert until(in_step, 60.0), "the replica streams"

    def _program(self, name: str, *arguments: str) -> None:
        subprocess.run([str(self._tree / "bin" / name), *arguments], check=True, **self._as_user)

    def kill_primary(self) -> None:
        """Kill the first server, its keeper too, as when its machine is gone."""
        first, its_keeper = self._primary.pid, keeper(self._primary.folder)
        assert first
        assert its_keeper
        for one in (*children_of(first), first, its_keeper):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def promote(self) -> None:
        """Make it the one that takes writes."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("alter system reset synchronous_standby_names")
            connection.execute("select pg_reload_conf()")
            connection.execute("select pg_promote()")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
