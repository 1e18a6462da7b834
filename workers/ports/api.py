"""What the flows ask of a warehouse that answers questions: its orders and its stock by call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mappings.canonical import Condition, StockLine, StockMovement, WarehouseOrder
from mappings.errors import Unreadable


@dataclass(frozen=True, slots=True)
class LookUpResult:
    """A reference looked up at a warehouse: how often it is there alive, and whether as we wrote it."""

    their_ids: tuple[str, ...]
    same: bool
    what: str = ""


@dataclass(frozen=True, slots=True)
class WebhookHint:
    """A warehouse's word that something happened to an order; never the fact itself."""

    their_id: str
    reference: str


@dataclass(frozen=True, slots=True)
class StockHint:
    """A warehouse's word about stock: which SKUs to count again, whether movements or receipts are to be read.

    ``reasons`` are (movement id, reason code) pairs: the one thing that a hint may know and a re-read not.
    """

    skus: tuple[str, ...] = ()
    receipts: tuple[tuple[str, str, tuple[str, ...]], ...] = ()  # (their id, reference, line ids)
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CountPage:
    """A page of a count: lines that are good, and entries that could not be understood."""

    lines: tuple[StockLine, ...]
    unreadable: tuple[Unreadable, ...] = ()


class OrderReads(Protocol):
    """Shows its orders when it is asked. ``read_*`` are pure; the others go over the network."""

    read_every: float  # seconds between two readings of its open orders; 0: as the fleet reads any warehouse's
    a_call: int  # orders that are asked for together

    def find_order(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """Look a reference up after a doubt. None when it is provably absent."""

    def find_orders(self, references: Sequence[str], facts: dict[str, Any]) -> list[WarehouseOrder]:
        """Every order that carries one of some references, cancelled ones too. Raises Unmappable."""

    def fetch_orders(self, wanted: Sequence[tuple[str, str]], facts: dict[str, Any]) -> dict[str, bytes]:
        """Re-read orders, given as (their id, reference); the raw body by reference. Missing ones are left out."""

    def live_orders(self, facts: dict[str, Any]) -> Iterator[str]:
        """References of every order that is to be shipped, whoever entered it; pages are read as they are consumed."""

    def read_order(self, raw: bytes, read_at: datetime) -> WarehouseOrder:
        """Understand a re-read order. Raises Unmappable."""

    def read_hint(self, event: str, body: bytes) -> WebhookHint:
        """Understand an event about an order. Raises Unmappable."""


class ReturnReads(Protocol):
    """Shows the returns that were announced to it."""

    def find_return(self, reference: str, wire: bytes, facts: dict[str, Any]) -> LookUpResult | None:
        """Look up a return that was announced, after a doubt. None when it is provably absent."""


class WarehouseStock(Protocol):
    """The stock of a warehouse. ``read_*`` are pure; the others go over the network."""

    snapshot_consistent: bool  # a count of the building is one moment's picture, not pages read one by one
    absent_after: int  # complete counts in a row without a SKU that mean it is gone

    def count(self, facility: str, skus: Sequence[str], facts: dict[str, Any]) -> CountPage:
        """Count some SKUs, whole: what is not shown is not there."""

    def pages(self, facility: str, facts: dict[str, Any]) -> Iterator[CountPage]:
        """Count a building, page by page. It is complete only when the iterator ends by itself."""

    def fetch_movements(self, facility: str, since: datetime | None, facts: dict[str, Any]) -> bytes:
        """Movements booked since a moment of their clock; None: the last three hours."""

    def read_movements(self, raw: bytes) -> tuple[list[StockMovement], list[Unreadable]]:
        """Understand movements."""

    def held_as(self, reason: str, facts: Mapping[str, Any]) -> Condition | None:
        """Return the condition that a count shows of units held for a reason; None where it shows none of them."""

    def read_hint(self, event: str, body: bytes) -> StockHint:
        """Understand an event about stock. Raises Unmappable."""
