"""What came of it is written once, with its effects, by the one who holds it; what may be retried is."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Garbled, Rejected, Throttled, Unauthorised, Unavailable
from fleet_tests.ledger import Ledger, Partner
from mappings.errors import Unmappable
from workers.ledger.store import Effect, LateSettle
from workers.spine.limits import Health
from workers.spine.outcomes import Dead, Delivered, Held, NotNeeded, Retry, Sent
from workers.spine.policy import CEILING, VERDICTS, back_off


def test_a_settle_that_comes_too_late_changes_nothing_and_is_kept_as_evidence(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")

    class Slow(type(partner)):  # type: ignore[misc]
        def push(self, message: Any, wire: bytes) -> Any:
            ledger.store.run("update message set lease_until = now() - interval '1 second'")
            assert len(ledger.release_lost()) == 1
            return super().push(message, wire)

    slow = Slow()
    assert ledger.drain(slow) == 1, "after the lost attempt it is looked up and found there"
    assert (slow.pushes["SO1-1"], slow.looks["SO1-1"]) == (1, 1)
    assert ledger.steps("SO1-1") == ["read", "lease ran out", "late answer", "found there already"]


def test_the_effects_of_a_late_settle_do_not_happen(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    claimed = ledger.store.claim("orders-out", 60)
    ledger.store.run("update message set attempt = attempt + 1")
    effect = Effect("insert into partner_fact (connection, value) values ('x', '{}')")
    with pytest.raises(LateSettle):
        ledger.store.settle_and_claim(claimed, "delivered", "", {}, (effect,), "orders-out", 60)
    with pytest.raises(LateSettle):
        ledger.store.settle_and_claim(claimed, "delivered", "", {}, (), "orders-out", 60)
    with pytest.raises(LateSettle):
        ledger.store.freeze(claimed, b"bytes")
    assert ledger.store.row("select 1 as one from partner_fact") is None


def test_an_effect_that_fails_leaves_the_message_unsettled(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    claimed = ledger.store.claim("orders-out", 60)
    broken = Effect("insert into partner_fact (connection, value) values ('x', null)")
    with pytest.raises(psycopg.errors.NotNullViolation):
        ledger.store.settle_and_claim(claimed, "delivered", "", {}, (broken,), None, 60)
    assert (ledger.state("SO1-1"), ledger.slots_held()) == ("working", 1)


def test_effects_happen_with_the_settling(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.answers = [NotNeeded("gone", (Effect("insert into partner_fact (connection, value) values ('x', '{}')"),))]
    ledger.drain(partner)
    assert ledger.state("SO1-1") == "not_needed"
    assert ledger.store.row("select 1 as one from partner_fact") is not None


@pytest.mark.parametrize(
    ("outcome", "state", "doubt"),
    [
        (Delivered("x"), "delivered", None),
        (NotNeeded("x"), "not_needed", None),
        (Sent("shown", 60), "sent", True),
        (Held(("sku:leeds:A",)), "held", False),
        (Retry("unavailable", "x"), "waiting", False),
        (Retry("unavailable", "x", maybe_done=True), "waiting", True),
        (Dead("bad_address", "x"), "dead", False),
        (Dead("uncertain", "x", maybe_done=True), "dead", True),
    ],
)
def test_every_outcome_has_its_state_and_frees_its_slot(
    ledger: Ledger, partner: Partner, outcome: Any, state: str, doubt: bool | None
) -> None:
    ledger.post("SO1-1")
    partner.answers = [outcome]
    assert ledger.drain(partner) == 1
    assert (ledger.state("SO1-1"), ledger.slots_held()) == (state, 0)
    if doubt is not None:
        assert (ledger.message("SO1-1")["maybe_sent_at"] is not None) is doubt
    assert len(ledger.dead) == (state == "dead")


@pytest.mark.parametrize(
    ("error", "state", "kind", "tries"),
    [
        (Unavailable("refused"), "waiting", "unavailable", 1),
        (Garbled("a page"), "waiting", "garbled", 1),
        (Throttled("slow down", retry_after=30), "waiting", "throttled", 0),
        (Unauthorised("who?"), "waiting", "unauthorised", 0),
        (Rejected("no", symbol="bad"), "dead", "refused_by_warehouse", 0),
        (Unmappable("postcode", "", "give one", kind="bad_address"), "dead", "bad_address", 0),
        (ZeroDivisionError(), "waiting", "crashed", 1),
        (psycopg.OperationalError("the ledger is away"), "waiting", "crashed", 0),
        (psycopg.errors.ProgramLimitExceeded("index row size"), "waiting", "crashed", 1),
    ],
)
def test_every_error_has_its_verdict(
    ledger: Ledger, partner: Partner, error: Exception, state: str, kind: str, tries: int
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", error)]
    ledger.drain(partner)
    row = ledger.message("SO1-1")
    assert (row["state"], row["error_kind"], row["tries"]) == (state, kind, tries)


def test_counted_retries_end_as_a_dead_letter_and_uncounted_ones_do_not(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    allowed = VERDICTS["unavailable"].retries
    partner.faults = [("before", Unavailable("refused"))] * 100
    for _ in range(allowed):
        ledger.drain(partner)
        assert ledger.state("SO1-1") == "waiting"
        ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), partner.pushes["SO1-1"]) == ("dead", allowed + 1)
    ledger.post("SO2-1")
    partner.faults = [("before", Throttled("slow down"))] * (VERDICTS["throttled"].retries + 5)
    while partner.faults:
        ledger.store.run("update connection set shut_kind = null, shut_until = null")
        ledger.time_passes()
        assert ledger.drain(partner) == 1
    ledger.store.run("update connection set shut_kind = null, shut_until = null")
    ledger.time_passes()
    ledger.drain(partner)
    assert ledger.state("SO2-1") == "delivered"


def test_a_told_wait_is_obeyed_by_the_whole_connection(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    ledger.post("SO2-1")
    partner.faults = [("before", Throttled("slow down", retry_after=120))]
    assert ledger.drain(partner) == 1, "the other one waits as well"
    shut = ledger.store.row(
        "select shut_kind, extract(epoch from shut_until - now()) as wait from connection where name = 'leeds'"
    )
    assert (shut["shut_kind"], 110 < shut["wait"] <= 120) == ("throttled", True)


def test_a_connection_that_fails_again_and_again_shuts_and_its_messages_are_not_counted(
    ledger: Ledger, partner: Partner
) -> None:
    for n in range(10):
        ledger.post(f"SO{n}-1")
    partner.faults = [("before", Unavailable("refused"))] * 100
    ledger.drain(partner, health=Health(ledger.store, limit=4))
    assert partner.pushes.total() == 4
    assert ledger.store.row("select shut_kind from connection where name = 'leeds'")["shut_kind"] == "unavailable"
    assert ledger.store.row("select sum(tries) as n from message")["n"] == 3, "the one that shut it is not to blame"
    assert ledger.store.row("select count(*) as n from message where state = 'queued'")["n"] == 6


@given(tries=st.integers(0, 10_000), seed=st.integers())
def test_the_back_off_is_never_too_short_and_never_above_its_ceiling(tries: int, seed: int) -> None:
    wait = back_off(tries, random.Random(seed))
    assert 0.2 <= wait <= min(CEILING, 2.0**tries if tries < 20 else CEILING)


@given(tries=st.integers(2, 40), seed=st.integers())
def test_the_back_off_scatters_over_its_whole_range(tries: int, seed: int) -> None:
    dice, top = random.Random(seed), min(CEILING, 2.0**tries)
    waits = sorted(back_off(tries, dice) for _ in range(60))
    assert len(set(waits)) == 60
    assert waits[0] < top / 2 < waits[-1]
