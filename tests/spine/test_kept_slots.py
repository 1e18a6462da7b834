"""A turn whose connection has more keeps its call slot, unless somebody else should have it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.ledger import Ledger, Partner
from workers.spine.limits import shut
from workers.spine.outcomes import Outcome

ALL = ["SO1-1", "SO2-1", "SO3-1"]


class Meanwhile(Partner):
    """A partner that does something at its first call, and keeps who was called in which order."""

    def __init__(self, at_first: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.at_first, self.order = at_first, list[str]()

    def push(self, message: Any, wire: bytes) -> Outcome:
        if not self.order:
            self.at_first()
        self.order.append(message.reference)
        return super().push(message, wire)


@pytest.fixture(autouse=True)
def backlog(ledger: Ledger) -> None:
    for reference in ALL:
        ledger.post(reference)


def holders(ledger: Ledger) -> list[str]:
    return [row["holder"] for row in ledger.store.rows("select holder from slot where holder is not null")]


def test_the_slot_goes_over_from_message_to_message_with_a_lease_of_its_own(ledger: Ledger) -> None:
    seen: list[tuple[int, bool]] = []

    class Looking(Partner):
        def push(self, message: Any, wire: bytes) -> Outcome:
            row = ledger.store.row("select number, holder, lease_until > now() + interval '50 seconds' as fresh"
                                   " from slot where holder is not null")  # fmt: skip
            seen.append((row["number"], row["holder"] == f"message:{message.id}" and row["fresh"]))
            ledger.store.run("update slot set lease_until = now() + interval '10 seconds' where holder is not null")
            return super().push(message, wire)

    assert ledger.drain(Looking(), most=1) == 3
    assert (seen, holders(ledger)) == ([(1, True)] * 3, [])


@pytest.mark.parametrize(
    "sql",
    [
        "update connection set poll_waiting = now()",
        "update connection set turn_lane = 'stock-in', turn_until = now() + interval '1 hour'",
        "update connection set rests_until = now() + interval '1 hour'",
        "delete from slot",
    ],
    ids=["a poll waits", "another lane has booked it", "the connection rests", "its slots are taken from it"],
)
def test_a_slot_that_is_due_to_others_is_given_back(ledger: Ledger, sql: str) -> None:
    partner = Meanwhile(lambda: ledger.store.run(sql))
    assert ledger.drain(partner) == 1
    assert (partner.order, holders(ledger)) == (ALL[:1], [])
    assert [ledger.state(reference) for reference in ALL[1:]] == ["queued", "queued"]


def test_a_connection_that_is_shut_meanwhile_gets_no_more(ledger: Ledger) -> None:
    partner = Meanwhile(lambda: shut(ledger.store, "leeds", "unavailable", "down"))
    assert ledger.drain(partner) == 1
    assert (partner.order, holders(ledger)) == (ALL[:1], [])


def test_a_connection_with_fewer_calls_under_way_comes_first_whatever_slot_is_at_hand(ledger: Ledger) -> None:
    ledger.connection("york")
    assert ledger.another().claim("orders-out", 60).reference == "SO1-1"
    partner = Meanwhile(lambda: ledger.post("Y1", connection="york"))
    assert ledger.drain(partner) == 3
    assert partner.order == ["SO2-1", "Y1", "SO3-1"]


def test_a_share_of_a_flow_goes_over_with_its_slot(ledger: Ledger) -> None:
    ledger.store.run("insert into slot (connection, lane, number) values ('leeds', 'orders-out', 1)")
    held: list[int] = []
    partner = Meanwhile()
    push = partner.push

    def counting(message: Any, wire: bytes) -> Outcome:
        held.append(len(holders(ledger)))
        return push(message, wire)

    partner.push = counting  # type: ignore[method-assign]
    assert ledger.drain(partner) == 3
    assert (held, holders(ledger)) == ([2, 2, 2], [])


def test_the_next_of_a_subject_follows_in_the_same_turn(ledger: Ledger) -> None:
    ledger.store.run("delete from message")
    for kind in ("order", "change", "cancel"):
        ledger.post("SO9-1", kind=kind)
    partner = Meanwhile()
    assert ledger.drain(partner) == 3
    assert partner.order == ["SO9-1"] * 3
