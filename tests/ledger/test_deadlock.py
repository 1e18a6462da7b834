"""Two that wait for each other: Postgres ends one of them, and that one does its statement once more."""

from __future__ import annotations

import threading
import time

import psycopg

from workers.ledger.store import Store

FIRST_THEN_SECOND = """
with one as (update held set n = n + 1 where id = 1 returning 1)
update held set n = n + (select count(*) from one) where id = 2
"""


def test_a_statement_that_lost_a_deadlock_runs_again_and_counts_once(database: str, store: Store) -> None:
    touched: list[int] = []
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("create table if not exists held (id int primary key, n int not null)")
        other.execute("insert into held values (1, 0), (2, 0) on conflict (id) do update set n = 0")
        with other.transaction():
            other.execute("update held set n = n + 10 where id = 2")
            waits = threading.Thread(target=lambda: touched.append(store.run(FIRST_THEN_SECOND)))
            waits.start()
            _until_somebody_waits(database)
            other.execute("update held set n = n + 10 where id = 1")  # the other, which waits longer, is ended
        waits.join(30)
        rows = other.execute("select n from held order by id").fetchall()
        other.execute("drop table held")
    assert (touched, rows) == ([1], [(11,), (11,)])


def _until_somebody_waits(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as look:
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            if look.execute("select 1 from pg_locks where not granted").fetchone():
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits")
