"""A count that shows what the last one showed writes no row for each SKU, and one that differs writes what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest

HOME, SKUS = "Leeds", 3000
SCANNED = "scanned"
TABLES = ("position", "asked_book", "level", "recount", "told_sku")
Connection = psycopg.Connection[Any]


def one(db: Connection, sql: str, *values: Any) -> Any:
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def effort(db: Connection) -> Counter[str]:
    """Rows written by table, and rows that were read in scans of whole tables: so far, by this connection."""
    rows = db.execute(
        "select relname, n_tup_ins + n_tup_upd + n_tup_del, seq_tup_read from pg_stat_xact_user_tables"
        " where relname = any (%s)",
        (list(TABLES),),
    ).fetchall()
    return Counter({name: n for name, n, _ in rows} | {SCANNED: sum(read for *_, read in rows)})


@pytest.fixture
def db(database: str) -> Any:
    with psycopg.connect(database) as db:
        db.execute("insert into home (site, connection, facility, told) values (%s, 'leeds', 'LDS1', false)", (HOME,))
        db.execute("insert into stock_site (site, home, purpose) values (%s, %s, 'sell')", (HOME, HOME))
        db.commit()
        yield db


def count(db: Connection, *, changed: int = 0, condition: str = "damaged") -> dict[str, int]:
    """Count the building: of the first ``changed`` SKUs one unit more. Returns the rows that were written."""
    number = one(
        db,
        "insert into snapshot (home, began_at, state, ended_at) values (%s, clock_timestamp(), 'complete',"
        " clock_timestamp()) returning id",
        HOME,
    )
    db.execute(
        "insert into snapshot_line select %s, 'SKU' || n, 'good', 5 + (n <= %s)::integer from generate_series(1, %s) n",
        (number, changed, SKUS),
    )
    db.execute(
        "insert into snapshot_line select %s, 'SKU' || n, %s, 2 from generate_series(1, %s, 40) n",
        (number, condition, SKUS),
    )
    db.commit()
    before = effort(db)
    db.execute("select take_snapshot(%s, false, 1)", (number,))
    db.execute("select begin_books(%s, clock_timestamp())", (HOME,))
    found = effort(db) - before
    db.commit()
    assert found.pop(SCANNED, 0) <= 20 * SKUS  # no plan looks each SKU up by a scan
    return dict(found)


def test_an_equal_count_of_a_building_writes_and_locks_no_row_of_a_sku(db: Connection) -> None:
    assert count(db) == {"position": SKUS, "asked_book": SKUS, "level": SKUS}
    assert count(db) == {}
    assert one(db, "select count(*) from position where xmax <> 0") == 0


def test_a_count_writes_only_the_skus_that_differ(db: Connection) -> None:
    count(db)
    assert count(db, changed=30) == {"position": 30, "recount": 30, "level": 30}


def test_units_in_another_condition_are_a_difference(db: Connection) -> None:
    count(db)
    assert count(db, condition="quarantine")["position"] == SKUS // 40
    assert one(db, "select other from position where sku = 'SKU1'") == {"quarantine": 2}
    assert one(db, "select good from position where sku = 'SKU1'") == 5
