"""What was read is good for some seconds: many who look at the same figures read them once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Shortly:
    """Figures by their names, each read again when it is older than ``seconds``; for threads of one process.

    Who asks while somebody reads the same waits for that reading. An error is not kept.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, name: Hashable, read: Callable[[], T]) -> T:
        """What ``read`` gave lately under this name, or gives now."""
        with self._lock:
            own = self._locks.setdefault(name, threading.Lock())
        with own:
            kept = self._kept.get(name)
            if kept is None or self._clock() - kept[0] >= self._seconds:
                kept = (self._clock(), read())
                self._forget_old()
                self._kept[name] = kept
        found: T = kept[1]
        return found

    def _forget_old(self) -> None:
        with self._lock:
            for name in [n for n, (at, _) in self._kept.items() if self._clock() - at >= 10 * self._seconds]:
                del self._kept[name]
                self._locks.pop(name, None)
