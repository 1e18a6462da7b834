"""One client's account put together: facilities, stock, orders, items, post, switches and the people's agenda."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from adapters.gxo.sandbox.agenda import Agenda, Clock, Monotonic
from adapters.gxo.sandbox.folders import Folders
from adapters.gxo.sandbox.items import Items
from adapters.gxo.sandbox.orders import Orders
from adapters.gxo.sandbox.posting import Post
from adapters.gxo.sandbox.stock import Refused, Stock
from adapters.gxo.sandbox.switches import Switches

PARTNER = "GXOUK"
ZONE = "Europe/London"
# Service code (W6605) -> carrier (W2702): made-up codes like those of the profile.
SERVICES = {"DPD-ND": "DPDU", "DPD-2D": "DPDU", "RM-24": "ROYM", "RM-48": "ROYM", "EVRI-STD": "EVRI"}


@dataclass
class Site:
    """Everything that one running sandbox knows. What it does stands in the modules that take it as an argument."""

    client: str
    seed: int
    facilities: dict[str, ZoneInfo]
    folders: Folders
    switches: Switches
    monotonic: Monotonic
    clock: Clock
    people: Agenda  # what the floor does
    carrying: Agenda  # what lands in folders, whether people work or not
    post: Post
    services: dict[str, str] = field(default_factory=lambda: dict(SERVICES))
    stock: Stock = field(default_factory=Stock)
    orders: Orders = field(default_factory=Orders)
    items: Items = field(default_factory=Items)
    advices: dict[str, dict[str, Any]] = field(default_factory=dict)  # 943s by W0602
    receipts: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)  # what was taken from ``in``
    seen: dict[str, dict[str, str]] = field(
        default_factory=dict
    )  # facility -> ISA13 or file hash, with what came so first
    snapshots_due: dict[tuple[str, str], datetime] = field(default_factory=dict)  # by facility and local time
    connections: Counter[str] = field(default_factory=Counter)
    _numbers: Counter[str] = field(default_factory=Counter)

    def next(self, series: str) -> int:
        """The next number of a series that runs over all facilities."""
        self._numbers[series] += 1
        return self._numbers[series]

    def today(self, facility: str) -> str:
        """The facility's local date, CCYYMMDD."""
        return self.clock.now().astimezone(self.facilities[facility]).strftime("%Y%m%d")

    def facility(self, told: str) -> str:
        """The facility named so, or the only one where none is named; else ``Refused``."""
        if not told and len(self.facilities) == 1:
            return next(iter(self.facilities))
        if told not in self.facilities:
            raise Refused(f"facility {told or '(none named)'}: there are {', '.join(self.facilities)}")
        return told

    def dice(self, *words: object) -> random.Random:
        """Randomness that depends on the seed and the words alone."""
        return random.Random(":".join(map(str, (self.seed, *words))))


def new_site(
    root: Path,
    client: str,
    facilities: list[str],
    *,
    seed: int = 1,
    monotonic: Monotonic = time.monotonic,
    start: datetime | None = None,
) -> Site:
    """A site with empty books and its folders below ``root``; its clock starts at ``start``, else now."""
    folders, switches = Folders(root, client), Switches()
    for one in facilities:
        folders.make(one)
    clock, carrying = Clock(start or datetime.now(UTC), monotonic), Agenda(monotonic)
    return Site(
        client=client,
        seed=seed,
        facilities={one: ZoneInfo(ZONE) for one in facilities},
        folders=folders,
        switches=switches,
        monotonic=monotonic,
        clock=clock,
        people=Agenda(monotonic),
        carrying=carrying,
        post=Post(folders, switches, clock, carrying, (PARTNER, client), seed),
    )
