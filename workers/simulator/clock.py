"""The one clock of a walk: the fleet, its ledger and the stand-ins read it, and only the walk moves it."""

from __future__ import annotations

import sys
import time as real_time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Any

RULED = ("workers.", "adapters.", "mappings.")
FREE = ("workers.simulator", "workers.embedded", "workers.demo", "workers.bench")  # these wait for real processes
LEAST_SLEEP = 0.25  # seconds that a sleeper loses: nobody else runs while it waits, so short naps are of no use


class Clock:
    """A moment that stands still until it is moved. ``moved`` hear of each new moment."""

    def __init__(self) -> None:
        self._at = datetime(2026, 1, 15, 9, tzinfo=UTC)
        self.moved: list[Callable[[datetime], None]] = []

    @property
    def at(self) -> datetime:
        """This moment, in UTC."""
        return self._at

    def set(self, moment: datetime) -> None:
        """Begin at a moment."""
        self._at = moment
        for hear in self.moved:
            hear(moment)

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.set(self._at + timedelta(seconds=seconds))


CLOCK = Clock()


def nap(seconds: float) -> None:
    """Sleep in the walk's time."""
    CLOCK.wait(max(seconds, LEAST_SLEEP))


class _Exactly(type):
    """A moment of the real class is one of the ruled class as well."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class RuledDatetime(datetime, metaclass=_Exactly):
    """``datetime`` whose present is the walk's."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime serves
        """The walk's present."""
        return CLOCK.at.astimezone(tz)


class _Time(ModuleType):
    """The module ``time``, with the walk's clock."""

    def __getattr__(self, name: str) -> Any:
        return getattr(real_time, name)

    @staticmethod
    def time() -> float:
        return CLOCK.at.timestamp()

    @staticmethod
    def monotonic() -> float:
        return CLOCK.at.timestamp()

    @staticmethod
    def monotonic_ns() -> int:
        return int(CLOCK.at.timestamp() * 1_000_000_000)

    @staticmethod
    def time_ns() -> int:
        return int(CLOCK.at.timestamp() * 1_000_000_000)

    @staticmethod
    def sleep(seconds: float) -> None:
        nap(seconds)


_ruled_time = _Time("time")
_seen: set[str] = set()


def rule() -> None:
    """Give the walk's clock to every module of the product that is loaded by now."""
    for name, module in list(sys.modules.items()):
        if name in _seen or not name.startswith(RULED) or name.startswith(FREE):
            continue
        _seen.add(name)
        if vars(module).get("time") is real_time:
            vars(module)["time"] = _ruled_time
        if vars(module).get("datetime") is datetime and _asks(module):
            vars(module)["datetime"] = RuledDatetime


def _asks(module: ModuleType) -> bool:
    return "datetime.now(" in Path(str(module.__file__)).read_text(encoding="utf-8")
