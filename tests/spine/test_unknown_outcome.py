"""Nothing is sent twice without proof that the first did not arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from adapters.errors import Garbled, Throttled, Unavailable
from fleet_tests.ledger import Ledger, Partner

LOST = Unavailable("no answer", maybe_done=True)


@dataclass
class Blind:
    """A partner's kind of message that cannot be looked up, though sending it again has a second effect."""

    partner: Partner
    repeatable: bool = False
    refused: str = "refused_by_warehouse"

    def write(self, message: Any) -> Any:
        return self.partner.write(message)

    def push(self, message: Any, wire: bytes) -> Any:
        return self.partner.push(message, wire)


def doubt(ledger: Ledger, partner: Partner, when: str = "after") -> None:
    """A message whose first sending was not answered."""
    ledger.post("SO1-1")
    partner.faults = [(when, LOST)]
    ledger.drain(partner)


def test_a_doubt_waits_until_the_first_call_must_be_over(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner)
    row = ledger.store.row("select state, extract(epoch from due_at - now()) as wait, maybe_sent_at from message")
    assert (row["state"], 80 < row["wait"] <= 91) == ("waiting", True)
    assert row["maybe_sent_at"] is not None
    assert ledger.drain(partner) == 0


def test_a_wait_that_came_after_the_sending_is_a_doubt_and_one_that_was_refused_is_none(
    ledger: Ledger, partner: Partner
) -> None:
    ledger.post("SO1-1")
    partner.faults = [("after", Throttled("wait", retry_after=5.0, maybe_done=True))]
    ledger.drain(partner)
    row = ledger.store.row("select extract(epoch from due_at - now()) as wait, maybe_sent_at from message")
    assert (80 < row["wait"] <= 91, row["maybe_sent_at"] is not None) == (True, True)
    ledger.store.run("update connection set shut_kind = null")
    ledger.time_passes()
    ledger.drain(partner)
    assert (partner.pushes["SO1-1"], partner.looks["SO1-1"], len(partner.books["SO1-1"])) == (1, 1, 1)
    ledger.post("SO2-1")
    partner.faults = [("before", Throttled("wait", retry_after=5.0))]
    ledger.drain(partner)
    assert ledger.message("SO2-1")["maybe_sent_at"] is None


def test_what_had_arrived_is_found_and_not_sent_again(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner)
    ledger.time_passes()
    ledger.drain(partner)
    assert (partner.pushes["SO1-1"], partner.looks["SO1-1"], len(partner.books["SO1-1"])) == (1, 1, 1)
    assert (ledger.settled("SO1-1")["state"], ledger.settled("SO1-1")["proven_before"]) == ("delivered", True)


def test_what_provably_did_not_arrive_is_sent_once_more_with_the_same_bytes(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner, "before")
    frozen = ledger.store.row("select wire from message_body")["wire"]
    ledger.time_passes()
    ledger.drain(partner)
    assert (partner.pushes["SO1-1"], partner.looks["SO1-1"], partner.written["SO1-1"]) == (2, 1, 1)
    assert partner.books["SO1-1"] == [frozen]
    assert ledger.state("SO1-1") == "delivered"


def test_after_one_resend_without_an_answer_it_is_uncertain_and_a_persons(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner, "before")
    partner.faults = [("before", LOST)]
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["resends"]) == ("waiting", 1)
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["error_kind"]) == ("dead", "uncertain")
    assert ledger.message("SO1-1")["maybe_sent_at"] is not None
    assert partner.pushes["SO1-1"] == 2


def test_a_lookup_that_fails_settles_nothing_and_sends_nothing(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner, "before")
    partner.look_faults = [Unavailable("down"), Garbled("a page", maybe_done=False)]
    for _ in range(2):
        ledger.time_passes()
        ledger.drain(partner)
        assert (ledger.state("SO1-1"), partner.pushes["SO1-1"]) == ("waiting", 1)
        assert ledger.message("SO1-1")["maybe_sent_at"] is not None, "the doubt stands"
        assert ledger.message("SO1-1")["resends"] == 0
    ledger.time_passes()
    ledger.drain(partner)
    assert ledger.state("SO1-1") == "delivered"


def test_there_with_other_content_is_a_persons(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner, "before")
    partner.books["SO1-1"] = [b"somebody else's"]
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["error_kind"]) == ("dead", "order_changed_after_release")


def test_there_twice_is_a_persons(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner)
    partner.books["SO1-1"] *= 2
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["error_kind"]) == ("dead", "duplicate_at_warehouse")


def test_what_may_be_pushed_twice_is_pushed_twice_with_the_same_bytes(ledger: Ledger, partner: Partner) -> None:
    partner.repeatable = True
    doubt(ledger, partner)
    ledger.time_passes()
    ledger.drain(partner)
    assert partner.looks["SO1-1"] == 0
    assert len(set(partner.books["SO1-1"])) == 1
    assert len(partner.books["SO1-1"]) == 2


def test_a_doubt_that_cannot_be_looked_up_is_a_persons_and_is_not_sent_again(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner)
    ledger.time_passes()
    ledger.drain(Blind(partner))
    assert (ledger.state("SO1-1"), ledger.message("SO1-1")["error_kind"]) == ("dead", "uncertain")
    assert len(partner.books["SO1-1"]) == 1


def test_a_failure_before_the_request_left_is_no_doubt(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    partner.faults = [("before", Unavailable("refused"))] * 3
    for _ in range(4):
        ledger.drain(partner)
        ledger.time_passes()
    assert (partner.looks["SO1-1"], partner.pushes["SO1-1"]) == (0, 4)
    assert ledger.state("SO1-1") == "delivered"


def test_the_bytes_are_frozen_before_the_first_push(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1", "first")
    partner.faults = [("before", Unavailable("refused"))]
    ledger.drain(partner)
    ledger.store.run("update message_body set body = %s", json.dumps({"say": "edited behind its back"}))
    ledger.time_passes()
    ledger.drain(partner)
    assert json.loads(partner.books["SO1-1"][0])["say"] == "first"


@pytest.mark.parametrize("arrived", [True, False])
def test_a_process_that_dies_in_mid_push_leaves_a_doubt_and_no_double(
    ledger: Ledger, partner: Partner, arrived: bool
) -> None:
    ledger.post("SO1-1")
    victim = ledger.another()
    claimed = victim.claim("orders-out", 60)
    wire = partner.write(claimed)
    assert isinstance(wire, bytes)
    victim.freeze(claimed, wire)
    if arrived:
        partner.push(claimed, wire)
    ledger.dies(victim)
    assert len(ledger.release_lost(doubt=120)) == 1
    assert ledger.drain(partner) == 0, "not before the first call must be over"
    ledger.time_passes()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), partner.looks["SO1-1"], partner.books["SO1-1"]) == ("delivered", 1, [wire])


def test_a_process_that_dies_before_it_wrote_anything_had_surely_sent_nothing(ledger: Ledger, partner: Partner) -> None:
    ledger.post("SO1-1")
    victim = ledger.another()
    assert victim.claim("orders-out", 60) is not None
    ledger.dies(victim)
    ledger.release_lost()
    ledger.drain(partner)
    assert (ledger.state("SO1-1"), partner.looks["SO1-1"], partner.pushes["SO1-1"]) == ("delivered", 0, 1)


def test_a_version_after_a_doubt_waits_for_the_doubt_to_be_cleared(ledger: Ledger, partner: Partner) -> None:
    doubt(ledger, partner)
    ledger.post("SO1-1", "two")
    assert ledger.drain(partner) == 0
    ledger.time_passes()
    ledger.drain(partner)
    rows = ledger.store.rows("select version, proven_before from message_settled order by version")
    assert [(row["version"], row["proven_before"]) for row in rows] == [(1, True), (2, False)]
