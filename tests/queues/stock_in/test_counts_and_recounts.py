"""A whole count is taken over while SKUs of its building are counted again: one waits for the other."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

HOME = "Leeds"
PREPARED = (
    "insert into home (site, connection, facility, counted_at) values ('Leeds', 'leeds', 'LDS1', now());"
    " insert into stock_site (site, home, purpose) values ('Leeds', 'Leeds', 'sell');"
    " insert into position (home, sku, good, began_at, ended_at)"
    " select 'Leeds', s, 10, now() - interval '1 hour', now() - interval '1 hour' from unnest(array['BOWL', 'MUG']) s"
)
Connection = psycopg.Connection[Any]


def one(db: Connection, sql: str, *values: Any) -> Any:
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def recount(db: Connection, **units: int) -> None:
    """Some SKUs are counted again; in the order in which they are named, which is no other one's order."""
    now = one(db, "select clock_timestamp()").isoformat()
    skus = [{"sku": sku, "good": good, "other": {}} for sku, good in units.items()]
    db.execute("select count_skus(%s)", (json.dumps({"home": HOME, "began": now, "ended": now, "skus": skus}),))


def whole_count(db: Connection, number: int) -> None:
    db.execute("select take_snapshot(%s, true, 1)", (number,))


def snapshot(db: Connection, **units: int) -> int:
    number = one(
        db,
        "insert into snapshot (home, began_at, state, ended_at) values ('Leeds', clock_timestamp(), 'complete',"
        " clock_timestamp()) returning id",
    )
    for sku, good in units.items():
        db.execute("insert into snapshot_line values (%s, %s, 'good', %s)", (number, sku, good))
    return int(number)


@contextmanager
def beside(work: threading.Thread) -> Iterator[None]:
    work.start()
    yield
    work.join(60)
    assert not work.is_alive()


def waits_for(db: Connection, waiting: Connection) -> str:
    """What a connection waits for, once it waits."""
    ends = time.monotonic() + 60
    while not one(db, "select cardinality(pg_blocking_pids(%s))", waiting.info.backend_pid):
        assert time.monotonic() < ends
        time.sleep(0.01)
    return str(one(db, "select wait_event from pg_stat_activity where pid = %s", waiting.info.backend_pid))


def row_locks(db: Connection, of: Connection) -> int:
    """How many tables a connection has locked rows of, or may write to."""
    return int(
        one(
            db,
            "select count(*) from pg_locks where pid = %s and relation = 'position'::regclass and granted",
            of.info.backend_pid,
        )
    )


@pytest.fixture
def connections(database: str) -> Iterator[tuple[Connection, Connection, Connection]]:
    """A looker-on with an account of two SKUs, one who counts again, and one who takes a whole count over."""
    counting, taking = psycopg.connect(database), psycopg.connect(database)
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(PREPARED)
        yield db, counting, taking
        for each in (counting, taking):  # whatever it still waits for
            db.execute("select pg_terminate_backend(%s)", (each.info.backend_pid,))


def test_a_whole_count_waits_for_a_recount_and_holds_no_position_meanwhile(
    connections: tuple[Connection, Connection, Connection],
) -> None:
    """The recount may go on to any SKU, counted or never seen: neither can end the other."""
    db, counting, taking = connections
    number = snapshot(db, BOWL=4, MUG=4, TRAY=4)
    recount(counting, MUG=7)
    with beside(threading.Thread(daemon=True, target=whole_count, args=(taking, number))):
        assert waits_for(db, taking) == "advisory"
        assert row_locks(db, taking) == 0
        recount(counting, BOWL=6, TRAY=5)
        counting.commit()
    taking.commit()
    found = db.execute("select sku, good from position order by sku").fetchall()
    assert found == [("BOWL", 6), ("MUG", 7), ("TRAY", 5)], "what was counted after the whole count began knows better"


def test_a_recount_waits_for_a_whole_count_and_is_not_undone_by_it(
    connections: tuple[Connection, Connection, Connection],
) -> None:
    db, counting, taking = connections
    whole_count(taking, snapshot(db, BOWL=4, MUG=4, TRAY=4))
    with beside(threading.Thread(daemon=True, target=recount, args=(counting,), kwargs={"TRAY": 5, "MUG": 7})):
        assert waits_for(db, counting) == "advisory"
        taking.commit()
    counting.commit()
    found = db.execute("select sku, good from position order by sku").fetchall()
    assert found == [("BOWL", 4), ("MUG", 7), ("TRAY", 5)]
