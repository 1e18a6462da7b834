"""Rate tokens: found before a call is begun, never slept for under a lease, and kept whatever becomes of Redis."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import redis

from fleet_tests.ledger import Ledger, Partner
from workers.config.rates import Rate
from workers.ledger.store import Store
from workers.spine.delivery import drain
from workers.spine.limits import Tokens
from workers.spine.turn import LeaseOver, NotYet, Turn, within


@pytest.fixture
def client(redis_url: str) -> Any:
    opened = redis.Redis.from_url(redis_url)
    opened.flushall()
    return opened


def turn(ends: float = 1e12) -> Turn:
    return Turn(ends, time.monotonic, lambda: True)


class Paced:
    """A warehouse behind a rate: each push and each look-up waits for its token."""

    repeatable = False
    refused = "refused_by_warehouse"

    def __init__(self, partner: Partner, tokens: Tokens, rate: Rate) -> None:
        self.partner, self.tokens, self.rate = partner, tokens, rate

    def write(self, message: Any) -> Any:
        return self.partner.write(message)

    def push(self, message: Any, wire: bytes) -> Any:
        self.tokens.wait("leeds", self.rate)
        return self.partner.push(message, wire)

    def look_up(self, message: Any, wire: bytes) -> Any:
        self.tokens.wait("leeds", self.rate)
        return self.partner.look_up(message, wire)


def test_a_clock_that_goes_back_stops_no_connection(client: Any) -> None:
    slept: list[float] = []
    tokens = Tokens(client, sleep=slept.append)
    tokens.wait("khaos", Rate(2, 1))
    client.hset("fleet:rate:khaos", "at", time.time() + 3600)  # written before the clock went back
    for _ in range(3):
        tokens.wait("khaos", Rate(2, 1))
    assert max(slept) < 2


def test_without_redis_each_process_keeps_the_pace_by_itself() -> None:
    tokens = Tokens(redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2))
    calls: list[float] = []

    def work() -> None:
        for _ in range(4):
            tokens.wait("leeds", Rate(10, 1))
            calls.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) / (max(calls) - min(calls)) < 15


def test_the_first_call_of_a_turn_is_not_waited_for_and_takes_nothing(client: Any) -> None:
    tokens = Tokens(client, sleep=lambda _: pytest.fail("it slept under a lease"))
    for _ in range(2):
        tokens.wait("khaos", Rate(2, 1))
    levels = []
    for _ in range(3):
        with within(turn()), pytest.raises(NotYet) as stopped:
            tokens.wait("khaos", Rate(2, 60))
        assert stopped.value.seconds > 0
        levels.append(client.hget("fleet:rate:khaos", "level"))
    assert len(set(levels)) == 1


def test_a_later_call_of_a_turn_goes_on_however_slow_the_rate_and_the_next_turn_pays(client: Any) -> None:
    slept: list[float] = []
    tokens = Tokens(client, sleep=slept.append)
    with within(turn()):
        for _ in range(3):
            tokens.wait("khaos", Rate(1, 60))
    assert max(slept) <= 5
    with within(turn()), pytest.raises(NotYet) as stopped:
        tokens.wait("khaos", Rate(1, 60))
    assert stopped.value.seconds > 100


def test_a_call_is_not_made_after_its_lease_has_ended_in_the_wait(client: Any) -> None:
    tokens = Tokens(client)
    with within(turn(time.monotonic() + 0.2)):
        tokens.wait("khaos", Rate(2, 1))
        tokens.wait("khaos", Rate(2, 1))
        with pytest.raises(LeaseOver):
            tokens.wait("khaos", Rate(2, 1))


def test_a_message_without_a_token_is_given_back_as_it_was_and_its_connection_rests(
    ledger: Ledger, partner: Partner, client: Any
) -> None:
    tokens = Tokens(client)
    ledger.connection("york")
    for reference in ("SO1-1", "SO2-1", "SO3-1"):
        ledger.post(reference)
    ledger.post("SO4-1", connection="york")
    paced = Paced(partner, tokens, Rate(1, 60))
    tokens.wait("leeds", Rate(1, 60))
    handlers = {"leeds": paced, "york": partner}
    assert drain(ledger.slot(None, handler=lambda _f, connection, _k: handlers[connection]), "orders-out") == 1
    assert (partner.pushes.total(), ledger.state("SO4-1")) == (1, "delivered"), "the neighbour goes its way"
    rows = ledger.store.rows("select state, tries, maybe_sent_at, resends from message")
    assert [tuple(row.values()) for row in rows] == [("queued", 0, None, 0)] * 3
    assert ledger.slots_held() == 0
    rest = ledger.store.row("select extract(epoch from rests_until - now()) as s from connection where name = 'leeds'")
    assert 50 < rest["s"] <= 60
    ledger.store.run("update connection set rests_until = now()")
    client.flushall()
    assert ledger.drain(paced) == 1


def test_nothing_stands_twice_at_a_slow_partner_whatever_the_leases(
    ledger: Ledger, partner: Partner, client: Any
) -> None:
    """Leases of two seconds, a call every 0.6, polls that take of the same tokens, and a ringer that frees leases."""
    tokens, rate = Tokens(client), Rate(1.0, 0.6)
    handler = Paced(partner, tokens, rate)
    for n in range(8):
        ledger.post(f"SO{n}-1")
    stop = threading.Event()

    def ring() -> None:
        ledger.release_lost(doubt=0.9)
        ledger.store.run("update process set beat_at = now()")

    def slot(store: Store) -> None:
        drain(ledger.slot(handler, store=store, lease=2.0, doubt_wait=lambda _: 0.9), "orders-out")

    works = [(ring, 0.1), (lambda: tokens.wait("leeds", rate), 1.5)]
    works += [(partial(slot, ledger.another()), 0.05) for _ in range(4)]
    threads = [threading.Thread(target=repeat, args=(stop, *work), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + 60
    while len(partner.books) < 8 and time.monotonic() < ends:
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert {reference: len(wires) for reference, wires in partner.books.items()} == {f"SO{n}-1": 1 for n in range(8)}


def repeat(stop: threading.Event, work: Callable[[], object], pause: float) -> None:
    while not stop.wait(pause):
        work()
