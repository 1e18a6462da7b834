"""The ledger's clock went back: what was written by the clock before is due when it was to be, seen from then."""

from __future__ import annotations

import pytest

from fleet_tests.ledger import Ledger, Partner

AHEAD = "update {table} set {column} = {column} + interval '1 hour'"


def by_the_clock_before(ledger: Ledger, **columns: str) -> None:
    """Everything was written when the clock was an hour ahead."""
    for table, names in columns.items():
        for column in names.split():
            ledger.store.run(AHEAD.format(table=table, column=column))


def test_what_was_due_by_the_clock_before_goes_at_once(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    by_the_clock_before(ledger, process="beat_at", message="due_at state_since", connection="opened_at")
    assert ledger.drain(partner) == 0, "it waits for the hour to come again"
    back = ledger.store.row("select follow_clock() as by")
    assert back is not None
    assert back["by"].total_seconds() == pytest.approx(3600, abs=30)
    ledger.store.run("select pg_sleep(0.5)")  # the heart had beaten a little before the message was posted
    assert ledger.drain(partner) == 1
    assert ledger.store.row("select follow_clock() as by") == {"by": None}, "once"


def test_a_doubt_that_began_since_is_waited_out(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    claimed = ledger.store.claim("orders-out", 60)
    ledger.store.freeze(claimed, b"{}")
    by_the_clock_before(ledger, process="beat_at")
    ledger.store.settle_and_claim(claimed, "waiting", "no answer", {"wait": 90}, (), None, 60)
    ledger.store.run("select follow_clock()")
    assert ledger.drain(partner) == 0
    assert ledger.store.row("select due_at > now() + interval '60 seconds' as it from message") == {"it": True}


def test_a_clock_that_goes_on_moves_nothing(ledger: Ledger) -> None:
    ledger.post("LATER", args={"wait": 7200})
    before = ledger.message("LATER")["due_at"]
    assert ledger.store.row("select follow_clock() as by") == {"by": None}
    assert ledger.message("LATER")["due_at"] == before
