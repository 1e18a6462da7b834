"""A count that shows what the last one showed writes no row for each SKU, and one that differs writes what differs."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

HOME, SKUS = "Leeds", 3000
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
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


def told_count(db: Connection, day: int, *, changed: int = 0, least: int = 1, parts: int = 1) -> dict[str, int]:
    """A count that the warehouse sends on a day: of the SKUs from ``least`` on, one unit more up to ``changed``."""
    at = BEGAN + timedelta(days=day)
    db.execute("update home set told = true where site = %s", (HOME,))
    snapshot = one(db, "insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", HOME)
    db.execute("create temp table said (sku text not null, units jsonb not null) on commit drop")
    db.execute(
        "insert into said select 'SKU' || n, jsonb_build_object('good', 5 + (n <= %s)::integer)"
        " from generate_series(%s::integer, %s) n",
        (changed, least, SKUS),
    )
    told = {"home": HOME, "document": f"C{day}", "number": day, "written": at.isoformat(), "at": at.isoformat()}
    before = effort(db)
    news = one(db, "select take_said(%s, %s)", json.dumps({**told, "parts": parts}), snapshot)
    found = effort(db) - before
    db.execute("drop table said")
    db.commit()
    assert news["differing"] is not None
    assert found.pop(SCANNED, 0) <= 40 * SKUS
    return dict(found)


def moved(db: Connection, document: str, sku: str, units: int, at: datetime) -> None:
    move = {"sku": sku, "condition": "good", "units": units}
    told = {"home": HOME, "document": document, "number": 1, "written": at.isoformat(), "moves": [move]}
    db.execute("select tell_moves(%s)", (json.dumps(told),))
    db.commit()


def held(db: Connection, sku: str) -> tuple[int, bool]:
    row = db.execute(
        "select p.good, t.differs from position p join told_sku t using (home, sku) where sku = %s", (sku,)
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_an_equal_count_by_file_writes_no_row_of_a_sku(db: Connection) -> None:
    first = told_count(db, 1)
    assert (first["position"], first["level"]) == (SKUS, SKUS)
    assert told_count(db, 2) == {}
    assert told_count(db, 3) == {}


def test_a_count_by_file_writes_only_what_differs_and_what_moved(db: Connection) -> None:
    told_count(db, 1)
    found = told_count(db, 2, changed=30)
    assert set(found) == {"told_sku"}  # more units without a movement: the lower figure stays
    assert found["told_sku"] <= 4 * 30
    assert (held(db, "SKU1"), held(db, "SKU31")) == ((5, True), (5, False))
    assert set(told_count(db, 3)) == {"told_sku"}  # they agree again
    assert (held(db, "SKU1"), told_count(db, 4)) == ((5, False), {})


def test_a_movement_of_before_the_count_that_a_sku_follows_is_of_the_book_alone_and_a_later_one_of_both(
    db: Connection,
) -> None:
    told_count(db, 1)
    told_count(db, 2)
    second = BEGAN + timedelta(days=2)
    moved(db, "a late word", "SKU7", -1, second - timedelta(hours=1))
    moved(db, "a movement", "SKU8", -1, second + timedelta(hours=1))
    assert (held(db, "SKU7"), held(db, "SKU8")) == ((4, True), (4, False))
    told_count(db, 3)  # it says five of SKU8 as well: the one that left is not in it, or did not leave
    assert (held(db, "SKU7"), held(db, "SKU8")) == ((4, True), (4, True))


def test_units_that_come_and_go_around_a_count_are_both_reckoned(db: Connection) -> None:
    told_count(db, 1)
    second = BEGAN + timedelta(days=2)
    moved(db, "left", "SKU7", -5, second - timedelta(hours=1))
    moved(db, "came", "SKU7", 5, second + timedelta(hours=1))
    assert held(db, "SKU7") == (5, False)
    told_count(db, 2)  # five were counted before the five came: ten by the count, five by the book
    assert held(db, "SKU7") == (5, True)


def test_a_sku_that_follows_and_is_left_out_twice_is_gone_and_written_no_more(db: Connection) -> None:
    told_count(db, 1)
    told_count(db, 2)
    told_count(db, 3, least=2)
    assert held(db, "SKU1") == (5, False)
    told_count(db, 4, least=2)
    assert held(db, "SKU1") == (0, True)
    db.execute("select adopt_count(%s, 'SKU1')", (HOME,))
    db.commit()
    told_count(db, 5, least=2)
    assert (held(db, "SKU1"), told_count(db, 6, least=2)) == ((0, False), {})
    told_count(db, 7)
    assert held(db, "SKU1") == (0, True)  # it is back without a word


def test_a_position_that_something_else_changed_is_mended_by_the_next_count(db: Connection) -> None:
    told_count(db, 1)
    db.execute("update position set good = 99 where sku = 'SKU9'")
    db.commit()
    assert told_count(db, 2)["position"] == 1
    assert held(db, "SKU9") == (5, False)


def test_a_count_in_parts_after_whole_ones_leaves_every_sku_a_moment_of_its_own(db: Connection) -> None:
    told_count(db, 1)
    told_count(db, 2)
    told_count(db, 3, least=2, parts=2)
    assert one(db, "select count(*) from told_sku where follows") == 0
    rows = db.execute("select sku, counted_number from told_sku where sku in ('SKU1', 'SKU2') order by 1").fetchall()
    assert rows == [("SKU1", 2), ("SKU2", 3)]


def test_lines_of_one_sku_add_up(db: Connection) -> None:
    db.execute("create temp table said (sku text not null, units jsonb not null) on commit drop")
    rows = [("MUG", '{"good": 2}'), ("MUG", '{"good": 3}'), ("MUG", "{}"), ("MUG", '{"damaged": 1}'), ("CUP", "{}")]
    for row in rows:
        db.execute("insert into said values (%s, %s)", row)
    snapshot = one(db, "insert into snapshot (home, began_at) values (%s, clock_timestamp()) returning id", HOME)
    at = BEGAN.isoformat()
    told = {"home": HOME, "document": "C", "number": 1, "written": at, "at": at}
    db.execute("select take_said(%s, %s)", (json.dumps(told), snapshot))
    found = db.execute("select sku, good, other from position order by sku").fetchall()
    assert found == [("CUP", 0, {}), ("MUG", 5, {"damaged": 1})]
