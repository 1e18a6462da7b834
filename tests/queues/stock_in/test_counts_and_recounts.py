"""A whole count is taken over while SKUs of its building are counted again: neither ends the other."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter

import psycopg

PREPARED = (
    "insert into home (site, connection, facility, counted_at) values ('Leeds', 'leeds', 'LDS1', now());"
    " insert into stock_site (site, home, purpose) values ('Leeds', 'Leeds', 'sell');"
    " insert into position (home, sku, good, began_at, ended_at)"
    " select 'Leeds', md5(n::text), 10, now() - interval '1 hour', now() - interval '1 hour'"
    " from generate_series(1, 2000) n order by random()"
)


def recount(database: str, skus: list[str], stop: threading.Event, done: Counter[str]) -> None:
    dice = random.Random(7)
    with psycopg.connect(database, autocommit=True) as one:
        while not stop.is_set():
            # one in a hundred is a SKU that nobody has counted yet
            some = [*dice.sample(skus, 100), f"new {dice.random()}"]
            now = one.execute("select clock_timestamp()").fetchone()
            assert now is not None
            counted = {
                "home": "Leeds", "began": now[0].isoformat(), "ended": now[0].isoformat(),
                "skus": [{"sku": sku, "good": dice.randint(0, 20), "other": {}} for sku in some],
            }  # fmt: skip
            _tried(one, "recount", done, "select count_skus(%s)", json.dumps(counted))


def _tried(
    one: psycopg.Connection[tuple[object, ...]], what: str, done: Counter[str], sql: str, *values: object
) -> None:
    try:
        one.execute(sql, values)
    except psycopg.errors.DeadlockDetected:
        done[f"{what} died"] += 1
    else:
        done[what] += 1


def test_a_whole_count_and_recounts_do_not_end_each_other(database: str) -> None:
    done: Counter[str] = Counter()
    stop = threading.Event()
    with psycopg.connect(database, autocommit=True) as one:
        one.execute(PREPARED)
        skus = [str(row[0]) for row in one.execute("select sku from position").fetchall()]
        threads = [threading.Thread(target=recount, args=(database, skus, stop, done), daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(8):
            row = one.execute(
                "insert into snapshot (home, began_at, state, ended_at) values ('Leeds', clock_timestamp()"
                " + interval '1 minute', 'complete', clock_timestamp()) returning id"
            ).fetchone()
            assert row is not None
            one.execute(
                "insert into snapshot_line (snapshot_id, sku, condition, units)"
                " select %s, s, 'good', (random() * 20)::integer from unnest(%s::text[]) s",
                (row[0], skus),
            )
            _tried(one, "count", done, "select take_snapshot(%s, false, 1)", row[0])
        stop.set()
        for thread in threads:
            thread.join(60)
    assert (done["count"], done["count died"], done["recount died"]) == (8, 0, 0)
    assert done["recount"] > 0
