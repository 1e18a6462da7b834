"""Records, the timeline and what was settled are kept by months; whoever reads all of it is given way to at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import pytest

from fleet_tests.ledger import Ledger
from workers.spine import history
from workers.spine.polling import Busy
from workers.spine.runtime import Runtime

OLD = {
    "record": "insert into record (received_at, connection, source, body) values ({at}, 'leeds', 'webhook', 'old')",
    "timeline": "insert into timeline (at, story, subject, step) values ({at}, 'SO1', 'order:SO1-1', 'old')",
    "message_settled": "insert into message_settled (id, flow, connection, kind, reference, version, subject, story,"
    " state, attempt, generation, created_at, settled_at) values (7, 'orders-out', 'leeds', 'order', 'SO1-1', 1,"
    " 'order:SO1-1', 'SO1', 'delivered', 1, 1, {at}, {at})",
}
MONTHS = {"record": 13, "timeline": 25, "message_settled": 25}


def _receive(ledger: Ledger) -> None:
    assert ledger.another().receive("leeds", "webhook", "k1", b"{}") is not None


def _settle(ledger: Ledger) -> None:
    ledger.post("SO9-1")
    ledger.another().run("select finish(id, 'withdrawn', 'test', 'fleet') from message where reference = 'SO9-1'")
    assert ledger.state("SO9-1") == "withdrawn"


WRITES: dict[str, Callable[[Ledger], None]] = {"record": _receive, "timeline": _settle, "message_settled": _settle}


def months(ledger: Ledger, table: str) -> list[str]:
    return [row["name"] for row in ledger.store.rows("select name from months_of(%s) order by ends", table)]


def count(ledger: Ledger, table: str) -> int:
    return int(ledger.store.row(f"select count(*) as n from {table}")["n"])  # noqa: S608  our own table


def add_old(ledger: Ledger, table: str, months_ago: int) -> str:
    """A partition of a month long ago, with a row in it."""
    row = ledger.store.row(
        "select to_char(m, 'YYYY-MM-DD 00:00+00') as from_,"
        " to_char(m + interval '1 month', 'YYYY-MM-DD 00:00+00') as to_ from"
        " (select date_trunc('month', now()) - make_interval(months => %s) as m) x",
        months_ago,
    )
    name = f"{table}_{row['from_'][:7].replace('-', '_')}"
    ledger.store.run(f"create table {name} partition of {table} for values from ('{row['from_']}') to ('{row['to_']}')")
    ledger.store.run(OLD[table].format(at=f"'{row['from_']}'"))
    return name


@pytest.mark.parametrize("table", OLD)
def test_a_month_is_dropped_when_all_of_it_is_too_old(ledger: Ledger, runtime: Runtime, table: str) -> None:
    gone, stays = add_old(ledger, table, MONTHS[table] + 1), add_old(ledger, table, MONTHS[table])
    history.purge(runtime)
    assert gone not in months(ledger, table)
    assert stays in months(ledger, table)
    assert count(ledger, table) == 1


@pytest.mark.parametrize("table", OLD)
def test_nothing_that_is_written_waits_for_the_purge_while_a_backup_runs(
    ledger: Ledger, runtime: Runtime, table: str
) -> None:
    missing, old = months(ledger, table)[-1], add_old(ledger, table, 40)
    ledger.store.run(f"drop table {missing}")  # as on the first of each month
    left_out: list[str] = []

    def purge() -> None:
        with pytest.raises(Busy) as waits:
            history.purge(runtime)
        left_out.append(str(waits.value))

    with psycopg.connect(ledger.dsn) as backup:  # pg_dump holds such a lock on every table until it is done
        backup.execute(f"lock table {table} in access share mode")
        first = threading.Thread(target=purge, daemon=True)
        first.start()
        second = threading.Thread(target=WRITES[table], args=(ledger,), daemon=True)
        second.start()
        second.join(60)
        first.join(60)
        assert not second.is_alive()
        assert [missing in why and old in why for why in left_out] == [True]
        backup.rollback()
    history.purge(runtime)
    assert months(ledger, table)[-1] == missing
    assert old not in months(ledger, table)


@pytest.mark.parametrize("table", sorted(set(OLD) - {"record"}))  # records come into their month: test_history
def test_rows_of_a_month_that_came_too_early_are_named_when_it_is_made(
    ledger: Ledger, runtime: Runtime, table: str
) -> None:
    missing = months(ledger, table)[-1]
    ledger.store.run(f"drop table {missing}")
    ledger.store.run(OLD[table].format(at="date_trunc('month', now()) + interval '70 days'"))  # a clock that was ahead
    history.purge(runtime)
    found = ledger.store.row(
        "select owner, reason, times from exception where kind = 'month_not_made' and state = 'open'"
    )
    assert found is not None
    assert (found["owner"], missing in found["reason"], f"1 rows of {table}" in found["reason"]) == (
        "engineering", True, True,
    )  # fmt: skip
    assert ledger.store.row("select gather_month(%s) as n", table) == {"n": 1}
    assert (count(ledger, f"{table}_other"), count(ledger, missing)) == (0, 1)
    history.purge(runtime)
    assert months(ledger, table)[-1] == missing
    assert ledger.store.rows("select 1 from exception where kind = 'month_not_made' and state = 'open'") == []
