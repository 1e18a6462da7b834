"""What stands behind an earlier message of its subject is in nobody's way, and goes as soon as that has left."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from fleet_tests.ledger import Ledger, Partner
from workers.spine.ringer import LANES_WITH_WORK, READY
from workers.spine.ticker import LOOK

BLOCKED = 2000
DEAD = """
select post('orders-out', 'leeds', 'order', 'B' || n, 'x', 'order:B' || n, 'B' || n, '{"say": "no"}', null,
            '{"state": "dead", "error_kind": "refused_by_warehouse"}')
  from generate_series(1, %s) n
"""
BEHIND_THE_DEAD = """
select post('orders-out', 'leeds', 'cancel', 'B' || n, 'x', 'order:B' || n, 'B' || n, '{"say": "no"}', null,
            '{"priority": 1}')
  from generate_series(1, %s) n
"""
POSTED = """
select post('orders-out', 'leeds', 'cancel', 'SO1-1', 'x', 'order:SO1-1', 'SO1', '{"say": "no"}', null, '{}')
"""
CLAIM = (
    "select * from claim_some_v2('orders-out', gen_random_uuid(), interval '1 minute', 1, 4, '{leeds}')",
    "select * from claim_v2('orders-out', gen_random_uuid(), interval '1 minute', 1)",
)
ASKED: tuple[tuple[str, Any], ...] = (
    *((claim, {}) for claim in CLAIM),
    (READY, {"lane": "orders-out", "room": 32}),
    (LANES_WITH_WORK, (["orders-out"],)),
    (LOOK, {"soon": 1.0, "lanes": ["orders-out"], "ticks": []}),
    ("select ready_by_queue('orders-out')", {}),
)


def door(ledger: Ledger) -> psycopg.Connection[Any]:
    return psycopg.connect(ledger.dsn)


@pytest.fixture
def blocked(ledger: Ledger) -> Ledger:
    """Orders that have died, and behind each its cancellation, which is more urgent than all else."""
    ledger.store.run(DEAD, BLOCKED)
    ledger.store.run(BEHIND_THE_DEAD, BLOCKED)
    ledger.post("FREE-1")
    ledger.store.run("vacuum analyze message")
    return ledger


def pages(ledger: Ledger, statement: str, values: Any) -> int:
    """Count the pages that a statement looks at, with all that it calls; it is undone."""
    with door(ledger) as connection:
        connection.execute(statement, values)  # the catalogue has been read after this
        connection.rollback()
        plan: Any = connection.execute(f"explain (analyze, buffers, format json) {statement}", values).fetchone()
        connection.rollback()
    top = plan[0][0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])


@pytest.mark.parametrize(("statement", "values"), ASKED, ids=[re.sub(r"\W+", " ", one[0])[:40] for one in ASKED])
def test_no_question_about_what_may_go_looks_at_what_may_not(blocked: Ledger, statement: str, values: Any) -> None:
    assert pages(blocked, statement, values) < 100


def test_the_free_one_is_claimed_past_all_that_is_blocked(blocked: Ledger, partner: Partner) -> None:
    assert blocked.drain(partner) == 1
    assert list(partner.books) == ["FREE-1"]


def test_what_stood_behind_goes_when_the_first_is_dismissed(blocked: Ledger, partner: Partner) -> None:
    blocked.store.run(
        "select finish(id, 'dismissed', 'by hand', 'sam') from message where reference = 'B7' and state = 'dead'"
    )
    assert blocked.drain(partner) == 2
    assert sorted(partner.books) == ["B7", "FREE-1"]


def test_a_chain_goes_in_its_order_though_one_of_it_is_withdrawn(ledger: Ledger) -> None:
    for kind in ("one", "two", "three", "four"):
        ledger.post("SO1-1", kind=kind)
    ledger.store.run("select finish(id, 'withdrawn', '', 'fleet') from message where kind = 'three'")
    seen = []
    for _ in range(3):
        claimed = ledger.store.claim("orders-out", 60)
        assert ledger.store.claim("orders-out", 60) is None
        seen.append(claimed.kind)
        ledger.store.settle_and_claim(claimed, "delivered", "", {}, (), None, 60)
    assert seen == ["one", "two", "four"]


@pytest.mark.parametrize("settle", ["settle(%s, 1, 'delivered', '', '{}')", "settle_some(%s)"])
def test_who_is_posted_while_the_first_leaves_is_not_left_behind(ledger: Ledger, partner: Partner, settle: str) -> None:
    ledger.post("SO1-1")
    first = ledger.store.claim("orders-out", 60)
    value = f'[{{"id": {first.id}, "attempt": 1, "state": "delivered", "note": "", "args": {{}}, "calls": []}}]'
    with door(ledger) as leaving:
        leaving.execute(f"select {settle}".encode(), (first.id if "'{}'" in settle else value,))
        ledger.post("SO1-1", kind="cancel")  # waits for nobody
    assert ledger.drain(partner) == 1


def test_who_leaves_waits_for_whom_is_being_posted_behind_it_and_lets_it_go(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    first = ledger.store.claim("orders-out", 60)
    waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%%turn_v2%%' and pid <> %s"
    with door(ledger) as posting:
        posting.execute(POSTED)

        def both(n: int) -> None:
            if n:
                ledger.store.settle_and_claim(first, "delivered", "", {}, (), "dispatch-in", 60)
                return
            while ledger.store.row(waits, 0) is None:
                pass
            posting.commit()

        ledger.in_threads(2, both)
    assert ledger.message("SO1-1")["behind"] is None
    assert ledger.drain(partner) == 1


def test_what_an_older_release_left_behind_is_found(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    ledger.post("SO1-1", kind="cancel")
    ledger.store.run("delete from message where kind = 'order'")  # as functions did that freed nobody
    assert ledger.drain(partner) == 0
    assert ledger.store.row("select free_forgotten() as n") == {"n": 1}
    assert ledger.drain(partner) == 1
