"""Who may work on what: order within a subject, one worker for it, slots, shut connections, polls, the ramp."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from fleet_tests.ledger import Ledger, Partner
from workers.spine.delivery import drain
from workers.spine.limits import poll_slot, reopen, shut


def test_a_subject_goes_in_the_order_in_which_it_was_said(ledger: Ledger, partner: Partner) -> None:
    for kind in ("order", "cancel", "order-again"):
        ledger.post("SO1-1", kind=kind)
    first = ledger.store.claim("orders-out", 60)
    assert first.kind == "order"
    assert ledger.store.claim("orders-out", 60) is None, "the next of a subject waits for the one before"
    ledger.store.settle_and_claim(first, "waiting", "", {"wait": 60, "maybe_sent": None}, (), None, 60)
    assert ledger.store.claim("orders-out", 60) is None, "whatever state the one before is in"
    ledger.time_passes()
    assert ledger.drain(partner) == 3


def test_urgent_first_then_due_first(ledger: Ledger) -> None:
    ledger.post("C", priority=5)
    ledger.post("A", priority=2)
    ledger.post("B", args={"wait": -60})
    ledger.post("LATER", args={"wait": 60})
    taken = [ledger.store.claim("orders-out", 60) for _ in range(4)]
    assert [one and one.reference for one in taken] == ["A", "B", "C", None]


def test_a_claim_is_no_doubt_and_the_freezing_of_the_bytes_commits_one(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    claimed = ledger.store.claim("orders-out", 60)
    assert (claimed.doubt_since, claimed.attempt) == (None, 1)
    assert ledger.message("SO1-1")["maybe_sent_at"] is None
    ledger.store.freeze(claimed, b"bytes")
    assert ledger.message("SO1-1")["maybe_sent_at"] is not None
    assert claimed.task_id == "orders-out:leeds:SO1-1:1"


def test_one_worker_has_a_subject_however_many_hammer(ledger: Ledger, partner: Partner) -> None:
    """Ten threads of three processes, thirty subjects of four messages each: a clash would be counted."""
    ledger.store.run("delete from slot")
    ledger.store.run("delete from connection")
    ledger.connection("leeds", slots=10)
    doors = [ledger.another() for _ in range(3)]
    for turn in range(4):
        for subject in range(30):
            ledger.post(f"S{subject}-{turn}", subject=f"subject {subject}")
    partner.seconds = 0.003
    settled: list[int] = []

    def hammer(n: int) -> None:
        slot = ledger.slot(partner, doors[n % 3], dice=random.Random(n))
        while ledger.store.row("select 1 as one from message where state = 'queued' limit 1"):
            settled.append(drain(slot, "orders-out"))

    ledger.in_threads(10, hammer)
    assert (sum(settled), partner.collisions) == (120, 0)
    assert partner.pushes.total() == len(partner.books) == 120
    assert partner.most_at_once <= 10
    assert ledger.slots_held() == 0
    order = ledger.store.rows(
        "select subject, array_agg(reference order by settled_at, id) as went from message_settled group by subject"
    )
    assert all([r.rpartition("-")[2] for r in row["went"]] == ["0", "1", "2", "3"] for row in order)


def test_calls_in_flight_never_exceed_the_slots_of_a_connection_or_a_share(ledger: Ledger, partner: Partner) -> None:
    ledger.connection("york", slots=3, orders_out=2)
    for n in range(40):
        ledger.post(f"Y{n}", connection="york")
        ledger.post(f"L{n}")
    doors = [ledger.another() for _ in range(2)]
    york, leeds = type(partner)(seconds=0.004), type(partner)(seconds=0.004)

    def hammer(n: int) -> None:
        by_connection = {"york": york, "leeds": leeds}
        slot = ledger.slot(partner, doors[n % 2], handler=lambda _f, connection, _k: by_connection[connection])
        while ledger.store.row("select 1 as one from message where state = 'queued' limit 1"):
            drain(slot, "orders-out")

    ledger.in_threads(10, hammer)
    assert (len(york.books), len(leeds.books)) == (40, 40)
    assert york.most_at_once <= 2, "its share of orders-out is two of its three slots"
    assert leeds.most_at_once <= 4
    assert leeds.most_at_once >= 2


def test_another_flow_still_finds_a_slot_beside_a_full_share(ledger: Ledger) -> None:
    ledger.connection("york", slots=3, orders_out=2)
    for n in range(3):
        ledger.post(f"Y{n}", connection="york")
    ledger.post("SKU", connection="york", flow="sku-sync")
    assert [bool(ledger.store.claim("orders-out", 60)) for _ in range(3)] == [True, True, False]
    assert ledger.store.claim("sku-sync", 60).reference == "SKU"


def test_what_waits_for_a_full_connection_does_not_keep_another_one_waiting(ledger: Ledger) -> None:
    ledger.connection("york", slots=1)
    for n in range(20):
        ledger.post(f"Y{n}", connection="york", priority=1)
    ledger.post("L", connection="leeds", priority=9)
    taken = {ledger.store.claim("orders-out", 60).reference for _ in range(2)}
    assert taken == {"Y0", "L"}


def test_a_shut_connection_is_not_claimed_from(ledger: Ledger) -> None:
    ledger.post("SO1-1")
    assert shut(ledger.store, "leeds", "unavailable", "down")
    assert not shut(ledger.store, "leeds", "unavailable", "down again")
    assert ledger.store.claim("orders-out", 60) is None
    assert reopen(ledger.store, "leeds") is not None
    assert reopen(ledger.store, "leeds") is None
    assert ledger.store.claim("orders-out", 60) is not None


def test_after_it_opens_a_connection_takes_one_call_first_and_then_more(ledger: Ledger) -> None:
    for n in range(10):
        ledger.post(f"SO{n}-1")
    shut(ledger.store, "leeds", "unavailable", "down")
    reopen(ledger.store, "leeds")
    taken = []
    for age in (0.0, 1.1, 2.1, 9.0):
        ledger.store.run("update connection set opened_at = now() - make_interval(secs => %s)", age)
        while ledger.store.claim("orders-out", 60):
            pass
        taken.append(ledger.slots_held())
    assert taken == [1, 2, 4, 4]


def test_messages_let_a_waiting_poll_pass_and_the_poll_takes_a_slot(ledger: Ledger) -> None:
    ledger.store.run("update connection set poll_waiting = now() where name = 'leeds'")
    ledger.post("SO1-1")
    assert ledger.store.claim("orders-out", 60) is None
    with poll_slot(ledger.store, "leeds", "sweep", 60) as taken:
        assert (taken, ledger.slots_held()) == (True, 1)
        assert ledger.store.claim("orders-out", 60) is not None
    assert ledger.slots_held() == 1


def test_polls_that_want_more_than_there_is_let_messages_in_between(ledger: Ledger, partner: Partner) -> None:
    """Three of them share one slot, so that one always waits; each message goes all the same, and so do they."""
    ledger.connection("khaos", slots=1)
    for number in range(3):
        ledger.post(f"SO{number}-1", connection="khaos")
    over, polled = threading.Event(), Counter[int]()

    def poll(number: int) -> None:
        store = ledger.another()
        while not over.is_set():
            with poll_slot(store, "khaos", f"poll {number}", 60) as taken:
                polled[number] += taken
                time.sleep(0.05)

    def work(number: int) -> None:
        if number:
            poll(number)
            return
        try:
            ends = time.monotonic() + 40
            while ledger.drain(partner) or time.monotonic() < ends:
                if len(partner.books) == 3 and all(polled[number] for number in (1, 2, 3)):
                    break
                time.sleep(0.05)
        finally:
            over.set()

    ledger.in_threads(4, work)
    assert len(partner.books) == 3
    assert min(polled[number] for number in (1, 2, 3)) > 0


def test_a_poll_leaves_a_booked_slot_alone_until_the_booking_is_over(ledger: Ledger) -> None:
    ledger.store.run("update connection set turn_lane = 'orders-out', turn_until = now() + interval '1 hour'")
    ledger.post("SO1-1")
    ledger.store.run("update connection set poll_waiting = now() where name = 'leeds'")
    assert ledger.store.claim("orders-out", 60) is not None
    ledger.store.run("update connection set turn_lane = 'orders-out', turn_until = now() - interval '1 second'")
    ledger.post("SO2-1")
    assert ledger.store.claim("orders-out", 60) is None
    with poll_slot(ledger.store, "leeds", "sweep", 60) as taken:
        assert taken


def test_a_poll_of_a_shut_connection_gets_no_slot(ledger: Ledger) -> None:
    shut(ledger.store, "leeds", "unavailable", "down")
    with poll_slot(ledger.store, "leeds", "sweep", 60) as taken:
        assert not taken
    assert ledger.slots_held() == 0


def test_a_suspect_is_not_claimed_beside_others(ledger: Ledger) -> None:
    message = ledger.post("SO1-1")
    ledger.store.run("update message set lane = 'isolate' where id = %s", message)
    assert ledger.store.claim("orders-out", 60) is None
    assert ledger.store.claim("isolate", 60).id == message


def test_a_lane_that_finds_every_slot_taken_has_the_next_one(ledger: Ledger) -> None:
    """Khaos has one slot: a flow with a long backlog lets another's single message in between, and goes on."""
    ledger.connection("khaos", slots=1)
    for n in range(5):
        ledger.post(f"S{n}", connection="khaos", flow="dispatch-in")
    ledger.post("L", connection="khaos", flow="stock-in")
    first = ledger.store.claim("dispatch-in", 60)
    assert ledger.store.claim("stock-in", 60) is None
    after = ledger.store.settle_and_claim(first, "delivered", "", {}, (), "dispatch-in", 60)
    assert after is None, "the slot is kept for the lane that waits"
    level = ledger.store.claim("stock-in", 60)
    assert level is not None
    assert level.reference == "L"
    assert ledger.store.claim("dispatch-in", 60) is None
    ledger.store.settle_and_claim(level, "delivered", "", {}, (), None, 60)
    assert ledger.store.claim("dispatch-in", 60) is not None
    assert ledger.store.claim("dispatch-in", 60) is None, "a lane books no turn against itself"
    row = ledger.store.row("select turn_lane from connection where name = 'khaos'")
    assert row == {"turn_lane": None}
