"""Open exceptions are counted as they change: at every moment the counts are what a look at each of them gives."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from fleet_tests.ledger import Ledger
from workers.ledger.store import Connection
from workers.views.exception_counts import CELLS, COLUMNS, choices, how_many
from workers.views.exception_groups import GROUPS, groups

SCAN = """
select coalesce(group_key, '') as group_key, kind, flow, connection, owner, severity,
       coalesce(assignee, '') as assignee, tags, snoozed_until, count(*) as n, count(value) as valued,
       coalesce(sum(value), 0) as value
  from exception where state = 'open' group by 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
KINDS = ("bad_address", "dispatch_overdue", "crashed")
WORDS = ("no postcode", "no town", "carrier='DPD' is unknown")


def counted_and_scanned(db: Connection) -> tuple[list[Any], list[Any]]:
    order = f" order by {COLUMNS}"
    counted = db.execute((CELLS.format(wanted="") + order).encode()).fetchall()
    return counted, db.execute((SCAN + order).encode()).fetchall()


def agree(ledger: Ledger) -> int:
    """The counts are what a scan gives; how many stand open."""
    with ledger.store.transaction() as db:
        db.execute("set transaction isolation level repeatable read")
        counted, scanned = counted_and_scanned(db)
    assert counted == scanned
    return sum(row["n"] for row in scanned)


def file(db: Connection, dice: random.Random, number: int) -> None:
    db.execute(
        "select file_exception(%s, %s, %s, 'orders-out', %s, 'operations', %s, %s, 'mend it', null, null)",
        (dice.choice(KINDS), f"order:SO{number}-1", f"SO{number}", dice.choice(("leeds", "york")),
         dice.choice(("warning", "error", "critical")), dice.choice(WORDS)),
    )  # fmt: skip


def act(db: Connection, dice: random.Random) -> None:
    """Something of what the fleet and people do about exceptions, to one or to many."""
    number = dice.randrange(30)
    match dice.randrange(9):
        case 0 | 1 | 2:
            file(db, dice, number)
        case 3:
            db.execute("select close_exception(%s, %s, 'mended', 'Mo')", (dice.choice(KINDS), f"order:SO{number}-1"))
        case 4:
            db.execute("update exception set state = 'dismissed' where story like %s", (f"SO{number % 3}%",))
        case 5:
            until = datetime.now(UTC) + timedelta(hours=dice.choice((-1, 1, 2)))
            db.execute("update exception set snoozed_until = %s where kind = %s", (until, dice.choice(KINDS)))
        case 6:
            db.execute(
                "update exception set assignee = %s, tags = %s, owner = %s where story = %s",
                (dice.choice(("anna", None)), dice.choice(([], ["late"], ["a", "b"])), dice.choice(("finance", "it")),
                 f"SO{number}"),
            )  # fmt: skip
        case 7:
            db.execute("update exception set value = %s where id %% 3 = %s", (dice.choice((None, 5, 7.25)), number % 3))
        case _:
            db.execute("update exception set group_key = null where story = %s", (f"SO{number}",))
            db.execute("select name_groups(100)")


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_exact_after_whatever_was_done_or_taken_back(ledger: Ledger, seed: int) -> None:
    dice = random.Random(seed)
    most = 0
    for _ in range(60):
        with ledger.store.transaction() as db, db.transaction(force_rollback=dice.random() < 0.2):
            for _ in range(dice.randint(1, 4)):
                act(db, dice)
        if dice.random() < 0.4:
            ledger.store.row("select fold_exception_changes(%s) as n", dice.choice((1, 3, 1000)))
        most = max(most, agree(ledger))
    assert most > 10
    ledger.store.run("delete from exception where id % 2 = 0".replace("%", "%%"))
    assert agree(ledger) > 0
    ledger.store.run("update exception set state = 'resolved'")
    ledger.store.row("select fold_exception_changes(100000) as n")
    assert agree(ledger) == 0
    assert ledger.store.row("select count(*) as n from exception_count") == {"n": 0}
    assert ledger.store.row("select count(*) as n from exception_change") == {"n": 0}


def test_many_at_once_in_any_order_lose_no_count_and_wait_for_nobody(ledger: Ledger) -> None:
    """Each transaction touches the groups in an order of its own: counters that are locked would end in a deadlock."""
    stores = [ledger.another() for _ in range(6)]

    def trade(place: int) -> None:
        dice = random.Random(place)
        for turn in range(25):
            with stores[place].transaction() as db:
                for number in dice.sample(range(8), 8):
                    db.execute(
                        "select file_exception('bad_address', %s, %s, 'orders-out', %s, 'operations', 'error',"
                        " 'no postcode', 'mend it', null, null)",
                        (f"order:SO{place}-{turn}-{number}", f"SO{place}-{turn}", f"house {number}"),
                    )
            if turn % 5 == place % 5:
                stores[place].row("select fold_exception_changes(50) as n")
            stores[place].run("update exception set state = 'resolved' where story = %s", f"SO{place}-{turn - 2}")

    ledger.in_threads(6, trade)
    assert agree(ledger) == 6 * 2 * 8  # of the two last turns of each


def test_who_reads_while_changes_are_folded_sees_each_once(ledger: Ledger) -> None:
    dice = random.Random(7)
    with ledger.store.transaction() as db:
        for number in range(40):
            file(db, dice, number)
    reader, folder = ledger.another(), ledger.another()
    with reader.transaction() as reading:
        reading.execute("set transaction isolation level repeatable read")
        before, scanned = counted_and_scanned(reading)
        with folder.transaction() as folding:
            folding.execute("select fold_exception_changes(13)")
            with ledger.store.transaction() as db:  # and what is filed meanwhile does not wait
                db.execute("set local lock_timeout = '1s'")
                file(db, dice, 41)
        assert counted_and_scanned(reading) == (before, scanned) == (scanned, scanned)
    assert agree(ledger) == 41


def test_a_hundred_thousand_exceptions_are_shown_from_some_hundred_pages(ledger: Ledger, engine: Engine) -> None:
    ledger.store.run(
        "insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, group_key,"
        " group_words, respond_by) select 'bad_address', 'order:' || n, n::text, 'orders-out', 'leeds', 'operations',"
        " 'error', 'no postcode', 'mend', 'g' || n %% 50, 'no postcode', now() + n * interval '1 second'"
        " from generate_series(1, 100000) n"
    )
    ledger.store.row("select fold_exception_changes(100000) as n")
    with ledger.store.connection() as db:
        db.execute("vacuum analyze exception")
        db.execute("vacuum analyze exception_count")
        db.execute("vacuum analyze exception_change")
    found = groups(engine)
    assert [(row["key"], row["n"]) for row in found[:2]] == [("g1", 2000), ("g2", 2000)]
    assert (len(found), how_many(engine), choices(engine)) == (50, 100_000, (["bad_address"], ["operations"]))
    having = "having sum(n) filter (where awake) > 0"
    shown = GROUPS.format(wanted="", having=having).replace(":limit", "100").replace(":looked_at", "300")
    reads_fewer(ledger, 1000, shown)
    reads_fewer(ledger, 20, CELLS.format(wanted=""))


def reads_fewer(ledger: Ledger, pages: int, sql: str) -> None:
    """Fewer pages than that are read; if not, its plan is in the failure."""
    with ledger.store.connection() as db:
        rows = db.execute(f"explain (analyze, buffers, timing off) {sql}".encode()).fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    read = re.search(r"shared hit=(\d+)(?: read=(\d+))?", plan)
    assert read
    assert sum(int(n or 0) for n in read.groups()) < pages, plan
