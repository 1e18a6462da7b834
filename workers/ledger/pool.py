"""A process's connections to the ledger: how soon a ledger that is gone is noticed, and how soon it is back."""

from __future__ import annotations

import getpass
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from workers.ledger.text import clean_what_is_written

# OperationalErrors by name, and yet the fault of what was to be stored: a value that no index holds, a text too deep
TOO_MUCH = (psycopg.errors.ProgramLimitExceeded, psycopg.errors.StatementTooComplex)
RECONNECT_AFTER = 2.0  # seconds after which a connection that cannot be had is asked for anew
PATIENCE = 30.0  # seconds until a connection must be there
TCP: dict[str, Any] = {  # a ledger that is gone without a word is noticed within seconds
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


def is_away(error: Exception) -> bool:
    """Whether the ledger is away or unwell, so that the same statement may go through later."""
    return isinstance(error, psycopg.OperationalError) and not isinstance(error, TOO_MUCH)


class Pool:
    """Connections that threads share, ``size`` at most. Make it after a fork, never before."""

    def __init__(self, dsn: str, *, size: int, application: str) -> None:
        self._pool = ConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            kwargs={"autocommit": True, "row_factory": dict_row, "application_name": application, **TCP},
            configure=_configure,
            reconnect_timeout=RECONNECT_AFTER,  # left alone, the pool doubles its pauses while the ledger is away
            open=True,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """Lend a connection in autocommit. Raises PoolTimeout when there is none within half a minute."""
        lent = self._lend()
        try:
            with lent:
                yield lent
        finally:
            self._pool.putconn(lent)

    def _lend(self) -> psycopg.Connection[dict[str, Any]]:
        """Ask again and again: each time the pool opens anew what it gave up."""
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                lent = self._pool.getconn(timeout=RECONNECT_AFTER)
            except PoolTimeout:
                if time.monotonic() > ends:
                    raise
                continue
            if not _has_hung_up(lent):
                return lent
            lent.close()
            self._pool.putconn(lent)  # which opens another


def _has_hung_up(connection: psycopg.Connection[dict[str, Any]]) -> bool:
    """Whether the server ended the connection while nobody used it: then there is something to read, if only its end.

    Without this look each connection of the pool would fail one statement after an outage.
    """
    if connection.closed:
        return True
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))


def _configure(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Clean what is written, and name the system's user, which the timeline keeps beside a claimed name."""
    clean_what_is_written(connection)
    connection.execute("select set_config('fleet.os_user', %s, false)", (_os_user(),))


def _os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
