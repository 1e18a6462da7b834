"""What comes back: return reasons, returns, and the credit notes that they or an operator raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from adapters.khaos.sandbox.records import Order, now


class Processing(StrEnum):
    """What a reason does with the goods when the return is processed (help site, return reasons)."""

    RETURN_TO_STOCK = "return_to_stock"
    QUARANTINE = "quarantine"
    STOCK_MISSING = "stock_missing"


@dataclass(frozen=True)
class Reason:
    """A return reason of the merchant's system data."""

    id: str
    name: str
    processing: Processing


DEFAULT_REASONS = (
    Reason("1", "Return to stock", Processing.RETURN_TO_STOCK),
    Reason("2", "Quarantine", Processing.QUARANTINE),
    Reason("3", "Stock missing", Processing.STOCK_MISSING),
)


@dataclass(frozen=True)
class ReturnedItem:
    """One returned line; ``source`` is the order that it was sold on, where the return names it."""

    sku: str
    quantity: int
    reason: Reason
    source: Order | None = None
    unit_price: str = ""


@dataclass
class Return:
    """A return that was taken in. It waits until it is processed, which moves stock and raises the credit."""

    reference: str
    urn: str
    items: tuple[ReturnedItem, ...]
    exchanges: dict[str, int]
    process: bool
    processed: bool = False
    exchange_order: str = ""
    at: datetime = field(default_factory=now)


@dataclass
class Credit:
    """A credit note: an order of kind C with one issued invoice. ``returned`` is the return's reference, if any."""

    order: Order
    source: str = ""
    returned: str = ""
