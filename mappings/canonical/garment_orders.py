"""An order garment by garment: what left, with which tag, and what was short."""

from __future__ import annotations

from datetime import datetime

from mappings.canonical.advices import LineOutcome
from mappings.canonical.model import Canonical, Units
from mappings.canonical.orders import Parcel, WarehouseStatus


class GarmentLine(Canonical):
    """One line, or one garment of it, as the warehouse shows it in an order or a dispatch.

    ``garment_sku`` is what the order named: a style or one physical garment. ``tag`` is empty where no garment left.
    """

    line_id: str
    garment_sku: str
    tag: str = ""
    quantity: Units = 1
    outcome: LineOutcome
    outcome_word: str = ""
    tracking: str = ""
    short_reason: str = ""


class GarmentOrder(Canonical):
    """An order as a read-back or a dispatch event shows it, garment by garment."""

    reference: str
    status: WarehouseStatus
    status_word: str
    held: bool = False  # the warehouse waits for somebody
    refused: bool = False  # the warehouse will not do it; without events this is all that says so
    cancelled_by: str = ""  # "client" or "warehouse", where it is cancelled
    partial: bool = False
    lines: tuple[GarmentLine, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    return_tracking: tuple[str, ...] = ()
    dispatched_at: datetime | None = None
