"""Trade that never rests while a fleet's servers are away, and how soon each part of the fleet goes on afterwards."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import psycopg
import requests

from fleet_tests.processes import Fleet
from fleet_tests.web import HEADERS, TOKEN
from workers.embedded.parent_death import children_of

PAUSE = 0.5  # seconds between two orders, and two webhooks
Part = tuple[str, str]  # what kind of thing, and its name

# What should go on: whoever has a heart, orders, webhooks, and what is scheduled often enough for a test to wait for.
PARTS = """
select 'heart', name from process where beat_at > '-infinity'
 union all values ('order', 'sent'), ('webhook', 'read')
 union all select 'schedule', name from schedule where every < '10 seconds' and connection <> ''
"""
# What of that has gone on since a moment.
GONE_ON = """
select 'heart', name from process where beat_at > %(since)s
 union select 'order', 'sent' from fulfilment where sent_at > %(since)s
 union select 'webhook', 'read' from record r where received_at > %(since)s and source like 'webhook%%'
   and not exists (select 1 from record_unread u where u.record_id = r.id)
 union select 'schedule', name from schedule where last_start > %(since)s
"""


WEBHOOKS = "select 1 from record where source like 'webhook%%'"
PROCESSES = "select id from process where beat_at > '-infinity' order by id"


class Trade:
    """Orders in Khaos Control and webhooks at the fleet's door, about two a second each, while it is open."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.orders = fleet.orders(1)
        fleet.until(lambda: fleet.sent(self.orders))
        self._their_id = fleet.goods_out(self.orders[0])["id"]
        self.answers: list[int] = []  # of the door: a status, 0 for none
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._order, self._post)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _order(self) -> None:
        while not self._stop.wait(PAUSE):
            self.orders += self._fleet.orders(1)

    def _post(self) -> None:
        for number in itertools.count():
            if self._stop.wait(PAUSE):
                return
            body = {"data": {"id": self._their_id}, "event_id": f"event {id(self)} {number}"}
            url = f"{self._fleet.web}/hooks/leeds/{TOKEN}/goods_out.completed"
            try:
                self.answers.append(requests.post(url, json=body, headers=HEADERS, timeout=20).status_code)
            except requests.RequestException:
                self.answers.append(0)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a server and all of its children where they are: its sockets stay open, and nothing answers."""
    os.kill(pid, signal.SIGSTOP)  # first, so that it forks no more
    stopped = [pid, *children_of(pid)]
    for one in stopped:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in reversed(stopped):
            os.kill(one, signal.SIGCONT)


def parts(fleet: Fleet) -> set[Part]:
    """Everything that should go on."""
    return _pairs(fleet.dsn, PARTS)


def went_on(fleet: Fleet, wanted: set[Part], patience: float = 120.0) -> dict[Part, float]:
    """Wait until everything that is ``wanted`` has gone on since now. Returns after how many seconds each did."""
    began = time.monotonic()
    seen: dict[Part, float] = {}
    since: Any = None
    while not wanted <= set(seen) and time.monotonic() < began + patience:
        try:
            since = since or fleet.rows("select now() as now")[0]["now"]
            for part in _pairs(fleet.dsn, GONE_ON, since=since) & wanted:
                seen.setdefault(part, time.monotonic() - began)
        except psycopg.OperationalError:
            pass  # it is not quite back
        time.sleep(0.1)
    return seen


def slowest(seen: dict[Part, float]) -> dict[str, float]:
    """Of each kind the seconds of its last one."""
    last: dict[str, float] = {}
    for (kind, _), seconds in seen.items():
        last[kind] = max(last.get(kind, 0.0), round(seconds, 1))
    return last


@dataclass(frozen=True, slots=True)
class After:
    """How an outage went: after how many seconds the last of each kind went on, and what is not as it should be."""

    seconds: dict[str, float]
    troubles: dict[str, object]


def ride_out(fleet: Fleet, outage: AbstractContextManager[None], meanwhile: Callable[[], object]) -> After:
    """Trade on through an outage that lasts as long as ``meanwhile`` takes, and until all that was ordered is sent."""
    fleet.clarus_switch(effect_then_hang_next={"create_goods_out": 3}, hang_seconds=1.5)  # some are under way
    records = len(fleet.rows(WEBHOOKS))
    with Trade(fleet) as trade:
        fleet.until(lambda: len(trade.orders) > 5 and 200 in trade.answers)
        processes = fleet.rows(PROCESSES)
        wanted = parts(fleet)
        with outage:
            meanwhile()
        seen = went_on(fleet, wanted)
    fleet.until(lambda: fleet.sent(trade.orders))
    fleet.until(lambda: not fleet.exceptions(), 60.0)  # what it led to closes by itself
    troubles = {
        "did not go on": wanted - set(seen),
        "not once at the warehouse": [order for order in trade.orders if fleet.there(order) != 1],
        "webhooks answered and not stored": max(0, trade.answers.count(200) - len(fleet.rows(WEBHOOKS)) + records),
        "other processes": [row for row in fleet.rows(PROCESSES) if row not in processes],
        "declared dead": fleet.rows("select story from timeline where step = 'worker died'"),
    }
    return After(slowest(seen), {what: found for what, found in troubles.items() if found})


def _pairs(dsn: str, sql: str, **values: Any) -> set[Part]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return {(str(kind), str(name)) for kind, name in connection.execute(sql.encode(), values or None)}
