"""How the ledger is read for people: one consistent snapshot, and text that may hold a person is masked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection as Reading
from sqlalchemy import Engine, text

from workers.ledger.dsn import new_engine
from workers.observability.privacy import mask

Row = dict[str, Any]


POOL = 3  # connections that one process's engine opens at the most


LONGEST_LIST = 1000


def reading_engine(dsn: str, *, application: str = "fleet-views", size: int = POOL) -> Engine:
    """An engine that only reads, in snapshots. It gives up on a ledger that does not answer within 3 s."""
    return new_engine(
        dsn,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        pool_size=size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=True,
        connect={"connect_timeout": 3, "tcp_user_timeout": 5000, "application_name": application},
    )


@contextmanager
def snapshot(engine: Engine) -> Iterator[Reading]:
    """A reading transaction: every statement in it sees the same moment, for at most 15 s a statement."""
    with engine.begin() as connection:
        connection.execute(text("set local statement_timeout = '15s'"))
        yield connection


def fetch(reading: Reading, sql: str, **values: Any) -> list[Row]:
    """The rows of one statement; ``reason``, ``note``, ``error`` and ``closed_why`` are masked."""
    rows = [dict(row) for row in reading.execute(text(sql), values).mappings()]
    for row in rows:
        for key in ("reason", "note", "error", "closed_why", "shut_reason"):
            if row.get(key):
                row[key] = mask(row[key])
    return rows
