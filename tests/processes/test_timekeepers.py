"""`beat` and `control` are away for minutes: trade that came meanwhile goes out when they are back, each order once.

``OUTAGE=150 make test ARGS="tests/processes/test_timekeepers.py -rP"`` has them away for as long as that. By default
the minutes pass in the ledger alone.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

from fleet_tests.processes import Fleet

AWAY = float(os.environ.get("OUTAGE", "4"))  # seconds
A_MINUTE = 60.0  # without any schedule, after which somebody is told
TOLD = "select state, times from exception where kind = 'beat_away' order by id"
LIVED = "select name from process where beat_at > '-infinity' and name not like 'control%%' order by 1"
DEAD = "select story from timeline where step = 'worker died' and story not like 'process control%%'"


def away(fleet: Fleet, orders: list[str]) -> None:
    """Time goes by, and shoppers order all along."""
    if AWAY < A_MINUTE:
        fleet.rows("update schedule set last_start = last_start - interval '5 minutes' returning name")
    ends = time.monotonic() + AWAY
    while time.monotonic() < ends:
        orders += fleet.orders(1)
        time.sleep(0.5)


def back(fleet: Fleet, names: tuple[str, ...]) -> None:
    for name in names:
        if name == "beat":
            fleet.run_module("beat", "celery", "-A", "workers.app", "beat")
        else:
            fleet.start(name)


@pytest.mark.parametrize("names", [("beat",), ("control",), ("beat", "control")], ids="+".join)
def test_what_came_while_they_were_away_goes_out_once_and_their_absence_is_told_once(
    fleet: Fleet, names: tuple[str, ...]
) -> None:
    orders = fleet.orders(3)
    fleet.until(lambda: fleet.sent(orders))
    told_before, lived = len(fleet.rows(TOLD)), fleet.rows(LIVED)
    for name in names:
        if name == "beat":
            fleet.kill(name)  # it holds nothing
        else:
            fleet.stop(name)  # killed in the middle of a record it may be suspected of that record
    away(fleet, orders)
    if "control" in names:
        fleet.until(lambda: "beat_away" in fleet.exceptions())
    began = time.monotonic()
    back(fleet, names)
    fleet.until(lambda: fleet.sent(orders))
    flowed = time.monotonic() - began
    fleet.until(lambda: not fleet.exceptions())  # what it led to closes by itself
    told = [row["state"] for row in fleet.rows(TOLD)[told_before:]]
    sys.stdout.write(
        f"{' and '.join(names)} away for {AWAY:g} s: {len(orders)} orders, all out {flowed:.1f} s after the return,"
        f" told {len(told)} times\n"
    )
    assert [order for order in orders if fleet.there(order) != 1] == []
    assert told == (["resolved"] if "control" in names else []), "control keeps time by itself"
    assert fleet.rows(LIVED) == lived, "nobody else came or went"
    assert fleet.rows(DEAD) == []
