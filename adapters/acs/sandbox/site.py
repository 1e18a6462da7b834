"""One account put together: garments, orders, folders, events, switches and the people's agenda."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from adapters.acs.sandbox.agenda import Agenda, Clock, Monotonic
from adapters.acs.sandbox.calendar import ZONE
from adapters.acs.sandbox.events import Events
from adapters.acs.sandbox.folders import Folders
from adapters.acs.sandbox.garments import Garments
from adapters.acs.sandbox.orders import Orders
from adapters.acs.sandbox.switches import Switches


@dataclass(frozen=True)
class Credentials:
    """By which the client is known, in either mode."""

    user: str = "sandbox"
    password: str = "sandbox-password"  # noqa: S105  a sandbox keeps no secrets
    key: str = "sandbox-subscription-key"


@dataclass
class Site:
    """Everything that one running sandbox knows. What it does stands in the modules that take it as an argument."""

    account: str
    seed: int
    credentials: Credentials
    folders: Folders
    switches: Switches
    clock: Clock
    people: Agenda
    events: Events
    garments: Garments = field(default_factory=Garments)
    orders: Orders = field(default_factory=Orders)
    calls: Counter[str] = field(default_factory=Counter)
    returns: list[dict[str, Any]] = field(default_factory=list)  # what came back, one entry for each coming back
    retired: list[dict[str, Any]] = field(default_factory=list)
    dispatched: list[dict[str, Any]] = field(default_factory=list)  # one entry for each garment that left
    stock_files: list[dict[str, Any]] = field(default_factory=list)
    setups: list[dict[str, Any]] = field(default_factory=list)
    files_of: set[date] = field(default_factory=set)  # days whose file was due
    connections: Counter[str] = field(default_factory=Counter)  # over SFTP
    _numbers: Counter[str] = field(default_factory=Counter)

    def next(self, series: str) -> int:
        """The next number of a series."""
        self._numbers[series] += 1
        return self._numbers[series]

    def today(self) -> date:
        """The day of the place."""
        return self.clock.now().astimezone(ZONE).date()

    def dice(self, *words: object) -> random.Random:
        """Randomness that depends on the seed and the words alone."""
        return random.Random(":".join(map(str, (self.seed, *words))))


def new_site(
    root: Path,
    account: str = "TESTACS",
    *,
    seed: int = 1,
    credentials: Credentials | None = None,
    monotonic: Monotonic = time.monotonic,
    start: datetime | None = None,
) -> Site:
    """A site with empty books and its folders below ``root``; its clock starts at ``start``, else now."""
    switches, clock = Switches(), Clock(start or datetime.now(UTC), monotonic)
    return Site(
        account=account,
        seed=seed,
        credentials=credentials or Credentials(),
        folders=Folders(root),
        switches=switches,
        clock=clock,
        people=Agenda(monotonic),
        events=Events(switches, clock, account, seed),
    )
