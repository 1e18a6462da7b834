"""An order as the place keeps it: its body, its items with the garments allocated to them, its parcels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.acs.sandbox.garments import Garment


class Status(StrEnum):
    """Profile 2.5.1."""

    RECEIVED = "Received"
    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ALLOCATED = "Allocated"
    PICKING = "Picking"
    PACKED = "Packed"
    DISPATCHED = "Dispatched"
    PART_DISPATCHED = "PartDispatched"
    CANCELLED = "Cancelled"
    ON_HOLD = "OnHold"
    RETURN_RECEIVED = "ReturnReceived"
    CLOSED = "Closed"


CHANGEABLE = {Status.RECEIVED, Status.ACCEPTED, Status.ALLOCATED, Status.ON_HOLD, Status.REJECTED}


@dataclass
class Unit:
    """One garment's worth of an item: open until it left or was closed short."""

    garment: Garment | None = None
    tracking: str = ""
    short: str = ""  # its reason

    @property
    def open(self) -> bool:
        """Whether it may still leave."""
        return not (self.tracking or self.short)


@dataclass
class Item:
    """One line. ``sku`` is unique or of a style."""

    line: str
    sku: str
    hire: bool
    units: list[Unit]


@dataclass
class Order:
    """What the last PUT said of it, and what became of it."""

    number: str
    body: dict[str, Any]
    items: list[Item]
    status: Status = Status.RECEIVED
    puts: int = 1
    visits: int = 0  # how often it changed its status: a chore for an earlier visit is dropped
    cancelled_by: str = ""
    parcels: list[dict[str, str]] = field(default_factory=list)
    dispatched_at: datetime | None = None
    dispatches: int = 0
    statuses: list[Status] = field(default_factory=list)

    def move(self, status: Status) -> None:
        """Puts it into another status."""
        self.status = status
        self.visits += 1
        self.statuses.append(status)

    @property
    def open(self) -> list[tuple[Item, Unit]]:
        """What may still leave."""
        return [(item, unit) for item in self.items for unit in item.units if unit.open]


class Orders:
    """Every order by its number."""

    def __init__(self) -> None:
        self._all: dict[str, Order] = {}
        self.refused: Counter[str] = Counter()  # by code

    def __iter__(self) -> Iterator[Order]:
        return iter(self._all.values())

    def find(self, number: str) -> Order | None:
        """The order with this number, if any."""
        return self._all.get(number)

    def keep(self, order: Order) -> None:
        """From now on this is what the number stands for."""
        self._all[order.number] = order


def read_items(body: dict[str, Any]) -> list[Item]:
    """The items of a body that was checked."""
    return [
        Item(
            str(one["LineItemId"]),
            str(one["GarmentSKU"]),
            bool(one["IsHire"]),
            [Unit() for _ in range(int(one.get("ItemQuantity") or 1))],
        )
        for one in body["OrderItems"]
    ]
