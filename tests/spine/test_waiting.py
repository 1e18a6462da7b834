"""Nothing is rung that could find no slot, and a poll that waits for a slot leaves the ledger alone meanwhile."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from fleet_tests.ledger import Ledger
from workers.ledger.store import Store
from workers.spine.limits import poll_slot
from workers.spine.ringer import READY


@pytest.mark.parametrize(("held", "rung"), [(0, 4), (3, 1), (4, 1)])
def test_as_many_bells_as_slots_are_free_and_one_for_a_lane_that_must_book(
    ledger: Ledger, held: int, rung: int
) -> None:
    ledger.connection("york", slots=1)
    for n in range(9):
        ledger.post(f"SO{n}-1")
    ledger.store.run("update slot set holder = 'x' where connection = 'leeds' and number <= %s", held)
    ready = ledger.store.rows_of(READY, {"lane": "orders-out", "room": 32})
    assert [row["reference"] for row in ready] == [f"SO{n}-1" for n in range(rung)]
    assert len(ledger.store.rows_of(READY, {"lane": "orders-out", "room": 2})) == min(rung, 2)


class Counting(Store):
    """Counts what it writes."""

    written = 0

    def run(self, sql: str, *values: Any) -> int:
        self.written += "poll_waiting = now()" in sql
        return super().run(sql, *values)


def test_a_poll_that_waits_says_so_once_a_second_and_takes_the_slot_that_comes_free(ledger: Ledger) -> None:
    ledger.store.run("update slot set holder = 'x'")
    store, began, answers = Counting(ledger.dsn), time.monotonic(), list[bool]()

    def wait() -> None:
        with poll_slot(store, "leeds", "orders", 60.0) as taken:
            answers.append(taken)

    poll = threading.Thread(target=wait)
    poll.start()
    while not ledger.store.rows("select 1 from connection where poll_waiting is not null"):
        time.sleep(0.01)
    time.sleep(0.5)  # the waiting itself
    ledger.store.run("update slot set holder = null where number = 1")
    poll.join(20.0)
    store.close()
    assert answers == [True]
    assert 1 <= store.written <= 2 + time.monotonic() - began
    assert not ledger.store.rows("select 1 from connection where poll_waiting is not null")
