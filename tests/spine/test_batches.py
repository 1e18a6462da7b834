"""Several messages a turn: sent one by one over one call slot, and whatever befalls one of them, no other is harmed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from adapters.errors import Throttled, Unavailable
from fleet_tests.ledger import Ledger, Partner
from workers.ledger.store import Effect
from workers.ledger.turns import Wish
from workers.spine.delivery import MOST, drain
from workers.spine.outcomes import Delivered, Outcome
from workers.spine.settling import claim_some
from workers.spine.turn import NotYet

ORDERS = [f"SO{n}-1" for n in range(1, 10)]  # the first turn takes one, the next turns four each
THIRD_OF_A_BATCH = "SO4-1"


class Killed(BaseException):
    """The process is killed: nothing of it may catch this."""


class Watched(Partner):
    """A partner that looks into the ledger while it is called, and does what a test wants at one order."""

    def __init__(self, ledger: Ledger, at: dict[str, Callable[[], Outcome | None]] | None = None) -> None:
        super().__init__()
        self.ledger, self.at = ledger, at or {}
        self.begun: list[int] = []  # how many messages were being worked on at each call
        self.slots: list[int] = []

    def push(self, message: Any, wire: bytes) -> Outcome:
        rows = self.ledger.store.rows("select 1 from message where state = 'working'")
        self.begun.append(len(rows))
        self.slots.append(self.ledger.slots_held())
        then = self.at.pop(message.reference, lambda: None)
        return then() or super().push(message, wire)


@pytest.fixture(autouse=True)
def backlog(ledger: Ledger) -> None:
    for reference in ORDERS:
        ledger.post(reference)


def delivered(ledger: Ledger) -> list[str]:
    rows = ledger.store.rows("select reference from message_settled where state = 'delivered' order by reference")
    return [row["reference"] for row in rows]


def work(ledger: Ledger, partner: Partner, **more: Any) -> int:
    """Drain with a clock of which every push takes nothing, however busy the machine is."""
    return drain(ledger.slot(partner, **{"clock": lambda: 0.0, **more}), "orders-out")


def raising(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_partner_that_answers_quickly_is_given_four_messages_a_turn_over_one_call_slot(ledger: Ledger) -> None:
    partner = Watched(ledger)
    assert work(ledger, partner) == len(ORDERS)
    assert partner.begun == [1, *([MOST] * 8)]
    assert (set(partner.slots), ledger.slots_held(), delivered(ledger)) == ({1}, 0, ORDERS)


def test_a_partner_that_takes_its_time_is_given_one_message_a_turn(ledger: Ledger) -> None:
    partner, moments = Watched(ledger), iter(range(10_000))
    assert work(ledger, partner, clock=lambda: next(moments) * 0.1) == len(ORDERS)
    assert partner.begun == [1] * len(ORDERS)


@pytest.mark.parametrize(
    "error", [Unavailable("away"), Throttled("wait", retry_after=0.0), NotYet(0.0), ValueError("a fault of ours")]
)
def test_after_the_first_that_fails_the_rest_of_a_batch_is_given_back_unsent(ledger: Ledger, error: Exception) -> None:
    partner = Watched(ledger, {THIRD_OF_A_BATCH: raising(error)})
    stop = iter([False] * 4 + [True] * 9)  # the process stops with the order that fails
    assert work(ledger, partner, stopping=stop.__next__) == (3 if isinstance(error, NotYet) else 4)
    behind = [(ledger.state(r), ledger.message(r)["maybe_sent_at"]) for r in ORDERS[4:]]
    assert behind == [("queued", None)] * 5
    assert (sum(partner.pushes.values()), ledger.slots_held()) == (3, 0)
    ledger.store.run("update connection set rests_until = null, shut_kind = null, shut_until = null")
    ledger.time_passes()
    work(ledger, partner)
    assert (delivered(ledger), {len(wires) for wires in partner.books.values()}) == (ORDERS, {1})


def test_a_kill_in_the_middle_leaves_four_in_doubt_that_are_looked_up_and_sent_once(ledger: Ledger) -> None:
    partner, victim = Watched(ledger, {THIRD_OF_A_BATCH: raising(Killed())}), ledger.another()
    with pytest.raises(Killed):
        work(ledger, partner, store=victim)
    ledger.dies(victim)
    assert len(ledger.release_lost()) == MOST
    assert ledger.slots_held() == 0
    ledger.time_passes()
    assert work(ledger, partner) == 8
    assert (delivered(ledger), {len(wires) for wires in partner.books.values()}) == (ORDERS, {1})
    assert dict(partner.looks) == dict.fromkeys(ORDERS[1:4], 1), "what had its bytes frozen, and nothing else"


def test_what_the_ledger_refuses_of_one_holds_up_no_other(ledger: Ledger) -> None:
    broken = Delivered("done", (Effect("select 1 / 0"),))
    partner = Watched(ledger, {THIRD_OF_A_BATCH: lambda: broken})
    assert work(ledger, partner) == len(ORDERS)
    assert (ledger.state(THIRD_OF_A_BATCH), ledger.message(THIRD_OF_A_BATCH)["error_kind"]) == (
        "dead", "outcome_not_stored",
    )  # fmt: skip
    assert delivered(ledger) == [r for r in ORDERS if r != THIRD_OF_A_BATCH]
    assert ([dead.reference for dead in ledger.dead], ledger.slots_held()) == ([THIRD_OF_A_BATCH], 0)


def test_an_effect_that_is_a_statement_of_its_own_is_stored_with_its_batch(ledger: Ledger) -> None:
    fact = Effect("insert into partner_fact (connection, value) values ('leeds', '1')")
    work(ledger, Watched(ledger, {THIRD_OF_A_BATCH: lambda: Delivered("done", (fact,))}))
    assert delivered(ledger) == ORDERS
    assert len(ledger.store.rows("select 1 from partner_fact")) == 1


def test_one_that_was_taken_away_is_noted_as_late_and_the_others_are_settled(ledger: Ledger) -> None:
    def taken_away() -> None:
        ledger.store.run("update message set attempt = attempt + 1 where reference = %s", THIRD_OF_A_BATCH)

    partner = Watched(ledger, {THIRD_OF_A_BATCH: taken_away})
    assert work(ledger, partner) == len(ORDERS) - 1
    assert "late answer" in ledger.steps(THIRD_OF_A_BATCH)
    assert delivered(ledger) == [r for r in ORDERS if r != THIRD_OF_A_BATCH]


def test_when_two_begin_on_one_subject_at_one_moment_the_second_takes_none_of_it(ledger: Ledger) -> None:
    ledger.store.run("delete from message")
    late, wish, taken = ledger.another(), Wish("orders-out", 60.0, MOST, ("leeds",)), list[Any]()
    with psycopg.connect(ledger.dsn) as first:
        with psycopg.connect(ledger.dsn) as slow:  # what was given the smaller number is committed last
            slow.execute("select nextval(pg_get_serial_sequence('message', 'id'))")
            ledger.post("SO77-2", subject="order:SO77")
            claim = "select reference from claim_some('orders-out', %s, interval '60 s', 1, 4, '{leeds}')"
            assert first.execute(claim, (ledger.store.process_id,)).fetchall() == [("SO77-2",)]
            slow.execute(
                "insert into message (id, flow, connection, kind, reference, version, subject, story, lane, state)"
                " overriding system value values (currval(pg_get_serial_sequence('message', 'id')), 'orders-out',"
                " 'leeds', 'order', 'SO77-1', 1, 'order:SO77', 'SO77', 'orders-out', 'queued')"
            )
            slow.execute("insert into message_body select id, '{}' from message where reference = 'SO77-1'")
        second = threading.Thread(target=lambda: taken.extend(claim_some(late, wish)))
        second.start()
        waiting = "select 1 from pg_locks where not granted"
        while second.is_alive() and not ledger.store.rows(waiting):
            second.join(0.01)
        first.commit()
        second.join(20.0)
    assert (taken, ledger.state("SO77-1"), ledger.state("SO77-2"), ledger.slots_held()) == ([], "queued", "working", 1)
