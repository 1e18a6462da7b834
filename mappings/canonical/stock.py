"""What a warehouse holds: counts by condition, movements, and goods that came in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from mappings.canonical.model import Canonical, Units


class Condition(StrEnum):
    """The condition of units on a shelf. Only ``GOOD`` may ever be sold; unknown is a condition of its own."""

    GOOD = "good"  # allocated and picked ones included, until they leave
    GOODS_IN = "goods_in"  # received, and not put away yet
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    INSPECTION = "inspection"
    REFURBISHMENT = "refurbishment"
    WITH_CUSTOMER = "with_customer"
    UNSEEN = "unseen"
    UNKNOWN = "unknown"


class StockLine(NamedTuple):
    """Units of one SKU in one condition at one facility, as one count shows them. A plain tuple: counts have a million.

    ``units`` are zero or more: whoever makes one has read them.
    """

    sku: str
    condition: Condition
    units: int


class Cause(StrEnum):
    """Why units moved. ``ADJUSTED_*``, ``HELD``, ``RELEASED`` are journal entries; the others reach Khaos otherwise."""

    ADJUSTED_UP = "adjusted_up"
    ADJUSTED_DOWN = "adjusted_down"
    HELD = "held"
    RELEASED = "released"
    RECEIVED = "received"
    UNRECEIVED = "unreceived"
    DISPATCHED = "dispatched"
    UNDISPATCHED = "undispatched"
    INSIDE = "inside"  # picked, put away, moved: the count and the condition stay
    UNKNOWN = "unknown"


class StockMovement(Canonical):
    """One movement as the warehouse booked it, once. ``units`` is a magnitude; the cause gives the direction.

    ``reason`` is the warehouse's reason code, empty where it gave none. ``moved_at`` is the warehouse's clock.
    """

    movement_id: str
    facility: str = ""
    sku: str
    cause: Cause
    cause_word: str  # theirs, for the timeline
    units: Annotated[int, Field(gt=0)]
    reason: str = ""
    location: str = ""
    to_condition: Condition | None = None  # of held units: what they became, where the reason says so
    moved_at: datetime


class ReceiptStatus(StrEnum):
    """The progress of goods in."""

    EXPECTED = "expected"
    RECEIVING = "receiving"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class ReceiptLine(Canonical):
    """One line of goods in. ``received`` counts what was taken in, ``put_away`` what of it lies on its shelf.

    ``condition`` is that of the put-away units as their stock record shows it, ``hold_reason`` the warehouse's reason
    code where they are held.
    """

    line_id: str
    sku: str
    expected: Units = 0
    received: Units = 0
    put_away: Units = 0
    condition: Condition = Condition.GOODS_IN
    hold_reason: str = ""
    note: str = ""


class GoodsReceipt(Canonical):
    """Goods that came in at a facility, re-read from the warehouse.

    ``reference`` is what the receipt was booked under: a purchase order's number, or for a return our RMA reference;
    ``order_reference`` names the sales order where the receipt carries one.
    """

    their_id: str
    reference: str
    facility: str
    status: ReceiptStatus
    status_word: str
    kind_word: str = ""  # theirs, for example "standard" or "return"
    return_reference: str = ""
    order_reference: str = ""
    lines: tuple[ReceiptLine, ...] = ()
    received_at: datetime | None = None
    read_at: datetime
