"""One of a side's two processes is killed in mid-run and started again: what was doubled, and what never arrived."""

from __future__ import annotations

import os
import signal
import time
from typing import Protocol

from workers.bench import cost
from workers.bench.rounds import Side
from workers.bench.stage import Crew, Stage
from workers.embedded.parent_death import until

ORDERS = 6000
PATIENCE = 90.0  # seconds after the kill until everything must have arrived
STANDSTILL = 45.0  # seconds in which nothing arrives, longer than any side waits with a job in doubt


class Killable(Side, Protocol):
    """A side of which one process may be killed."""

    def again(self) -> Crew:
        """Start another process like the first."""

    def left(self) -> int:
        """Count what is still to do, begun or not."""


def kill_in_mid_run(stage: Stage, side: Killable) -> dict[str, float]:
    """Prepare orders, kill -9 the first process after a third of them, and start another.

    Returns the ``orders`` that were to do, how many the warehouse got twice (``doubled``), how many neither arrived
    nor stand anywhere (``lost``), how many still stood there (``waiting``), and the ``seconds`` from the kill until the
    last one arrived.
    """
    before = stage.count(side.prefix)
    side.prepare(ORDERS)
    todo = side.left()
    side.start()
    if not until(lambda: stage.count(side.prefix)["orders"] >= before["orders"] + todo // 3, PATIENCE):
        raise TimeoutError(f"{side.name} does not deliver; see {stage.folder / 'log'}")
    victim = side.working.processes[0]
    for pid in reversed(cost.family(victim.pid)):
        os.kill(pid, signal.SIGKILL)
    victim.wait()
    crew = side.again()
    side.working.processes[0] = crew.processes[0]
    seconds = _wait(stage, side)
    waiting = side.left()
    side.rest()
    after = stage.count(side.prefix)
    crew.end()
    return {
        "orders": todo,
        "doubled": after["doubled"] - before["doubled"],
        "lost": max(0, todo - (after["orders"] - before["orders"]) - waiting),  # of what waits, some may have arrived
        "waiting": waiting,
        "seconds": round(seconds, 1),
    }


def _wait(stage: Stage, side: Killable) -> float:
    """Wait until nothing is left or nothing moves. Returns the seconds until the last order arrived."""
    began = moved = time.monotonic()
    arrived = 0
    while side.left() and time.monotonic() < min(began + PATIENCE, moved + STANDSTILL):
        now = stage.count(side.prefix)["orders"]
        if now > arrived:
            arrived, moved = now, time.monotonic()
        time.sleep(0.2)
    return moved - began
