"""The purge makes and drops partitions, and gives way to whoever reads all records: nothing waits for it."""

from __future__ import annotations

import threading

import psycopg
import pytest

from fleet_tests.ledger import Ledger
from workers.spine import history
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime


def newest(ledger: Ledger) -> str:
    row = ledger.store.row(
        "select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid"
        " where i.inhparent = 'record'::regclass"
        r" and c.relname ~ '^record_\d' order by 1 desc limit 1"
    )
    return str(row["relname"])


def test_nothing_that_is_said_waits_for_the_purge_while_a_backup_runs(ledger: Ledger, runtime: Runtime) -> None:
    missing = newest(ledger)
    ledger.store.run(f"drop table {missing}")  # as on the first of each month
    left_out: list[str] = []

    def purge() -> None:
        with pytest.raises(Busy) as waits:
            history.purge(runtime)
        left_out.append(str(waits.value))

    with psycopg.connect(ledger.dsn) as backup:  # pg_dump holds such a lock on every table until it is done
        backup.execute("lock table record in access share mode")
        first = threading.Thread(target=purge, daemon=True)
        first.start()
        second = threading.Thread(target=lambda: ledger.another().receive("leeds", "webhook", "k1", b"{}"), daemon=True)
        second.start()
        second.join(20)
        first.join(20)
        assert not second.is_alive()
        assert [missing in why for why in left_out] == [True]
        backup.rollback()
    history.purge(runtime)
    assert newest(ledger) == missing
