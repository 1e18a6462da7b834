"""Counts and what is said of the same SKU at the same moment: nothing falls between the two."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import psycopg
import pytest

HOME, SKU = "Leeds", "MUG"


def one(db: psycopg.Connection[Any], sql: str, *values: Any) -> Any:
    row = db.execute(sql, values).fetchone()
    return None if row is None else row[0]


def waits_or_is_over(db: psycopg.Connection[Any], pid: int, thread: threading.Thread) -> bool:
    return bool(one(db, "select cardinality(pg_blocking_pids(%s))", pid)) or not thread.is_alive()


@pytest.mark.parametrize("known", [True, False], ids=["a counted SKU", "a SKU that was never counted"])
@pytest.mark.parametrize("asked", [True, False], ids=["asked for before", "asked for by the dispatch"])
def test_units_that_leave_while_their_sku_is_counted_are_counted_by_that_count_or_by_another(
    database: str, *, known: bool, asked: bool
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as db,
        psycopg.connect(database) as reading,
        psycopg.connect(database, autocommit=True) as counting,
    ):
        db.execute(
            "insert into home (site, connection, facility, counted_at) values (%s, 'leeds', 'LDS1', now())", (HOME,)
        )
        if known:
            db.execute("insert into position values (%s, %s, 6, '{}', now(), now())", (HOME, SKU))
        if asked:
            db.execute("select want_recount(%s, %s, 'a movement')", (HOME, [SKU]))
        left = one(db, "select clock_timestamp()")
        reading.execute(
            "insert into shipped_line (shipment, order_code, home, sku, units, left_at)"
            " values ('SO1-1/S1', 'SO1', %s, %s, 1, %s)",
            (HOME, SKU, left),
        )
        reading.execute("select want_recount(%s, %s, 'dispatched')", (HOME, [SKU]))
        began = one(db, "select clock_timestamp()").isoformat()
        said = {"home": HOME, "began": began, "ended": began, "skus": [{"sku": SKU, "good": 5, "other": {}}]}
        count = threading.Thread(target=lambda: counting.execute("select count_skus(%s)", (json.dumps(said),)))
        count.start()
        while not waits_or_is_over(db, counting.info.backend_pid, count):
            time.sleep(0.01)
        reading.commit()
        count.join(60)
        assert not count.is_alive()
        counted = one(db, "select counted from shipped_line")
        again = one(db, "select count(*) from recount where home = %s and sku = %s", HOME, SKU)
        assert counted or again
