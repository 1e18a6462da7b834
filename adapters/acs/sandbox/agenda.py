"""What is to be done when, and the clock of the place: it runs at a speed that may be changed, and never jumps."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

Monotonic = Callable[[], float]


def _sleep_on() -> None:
    """Nobody waits."""


class Agenda:
    """Chores in the order in which they fall due."""

    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._turns = itertools.count()
        self.wake: Callable[[], None] = _sleep_on  # whoever waits for the next chore hears that one came

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        """Does it in the first work-off that comes ``seconds`` from now or later."""
        heapq.heappush(self._due, (self._monotonic() + seconds, next(self._turns), do))
        self.wake()

    def until_next(self) -> float | None:
        """Seconds to the next chore, none below zero; None where there is none."""
        return max(0.0, self._due[0][0] - self._monotonic()) if self._due else None

    def work_off(self) -> None:
        """Does all that is due; what comes to the agenda meanwhile waits for the next work-off."""
        now, due = self._monotonic(), []
        while self._due and self._due[0][0] <= now:
            due.append(heapq.heappop(self._due)[2])
        for do in due:
            do()


class Clock:
    """The time that stands in events and files. No two moments are the same: what came later says so."""

    def __init__(self, start: datetime, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        self._at, self._since, self._speed = start, monotonic(), 1.0
        self._last = start

    def now(self) -> datetime:
        """Aware UTC."""
        reckoned = self._at + timedelta(seconds=(self._monotonic() - self._since) * self._speed)
        self._last = max(reckoned, self._last + timedelta(microseconds=1))
        return self._last

    def run_at(self, speed: float) -> None:
        """From now on ``speed`` seconds pass in one real second."""
        if speed != self._speed:
            self._at, self._since, self._speed = self.now(), self._monotonic(), speed
