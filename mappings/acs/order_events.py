"""Events about orders: accepted, rejected, cancelled, not cancelled, dispatched. Source: acs.md 2.5.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.acs.events import Event
from mappings.acs.json_words import flag, moment, needed, rows, text, texts, units
from mappings.acs.order_words import cancelled_by, read_status, short_reason
from mappings.acs.reading_orders import read_parcels, read_return_tracking
from mappings.acs.replies import Refusal, read_reason
from mappings.acs.tags import read_tag
from mappings.canonical import GarmentLine, GarmentOrder, WarehouseStatus
from mappings.canonical.advices import LineOutcome

DISPATCHED, PART = "Dispatched", "PartDispatched"


@dataclass(frozen=True, slots=True)
class OrderWord:
    """ACS's word about an order: its status, and why it was refused or not cancelled."""

    reference: str
    status: WarehouseStatus
    status_word: str
    at: datetime
    refusals: tuple[Refusal, ...] = ()
    cancelled_by: str = ""  # "client" or "warehouse"


def read_accepted(event: Event, statuses: Mapping[str, str] | None = None) -> OrderWord:
    """Raises Unmappable(kind="unknown_status") for a status without a row."""
    word = needed(event.data, "Status")
    return OrderWord(needed(event.data, "OrderNumber"), read_status(word, statuses), word, event.at)


def read_rejected(event: Event) -> OrderWord:
    """An order that ACS will not do; ``refusals`` say why, line by line. ``replies.worst`` names the exception."""
    reasons = tuple(map(read_reason, rows(event.data, "Reasons")))
    word = text(event.data, "Status") or "Rejected"
    return OrderWord(needed(event.data, "OrderNumber"), WarehouseStatus.CANCELLED, word, event.at, reasons)


def read_cancelled(event: Event) -> OrderWord:
    """An order that was taken back: by us, which proves our cancellation, or by the warehouse: an exception."""
    word = text(event.data, "Status") or "Cancelled"
    by = cancelled_by(text(event.data, "RequestedBy"))
    return OrderWord(needed(event.data, "OrderNumber"), WarehouseStatus.CANCELLED, word, event.at, cancelled_by=by)


def read_cancel_rejected(event: Event, statuses: Mapping[str, str] | None = None) -> OrderWord:
    """A cancellation that came too late. Raises Unmappable(kind="unknown_status") for a status without a row."""
    word = needed(event.data, "Status")
    why = (read_reason({"Code": needed(event.data, "Code"), "Field": "OrderCancelled"}),)
    return OrderWord(needed(event.data, "OrderNumber"), read_status(word, statuses), word, event.at, why)


def read_dispatched(event: Event) -> GarmentOrder:
    """Read one dispatch: lines that left, and short ones, which are closed.

    A partial dispatch leaves the order in progress.

    Raises Unmappable: ``fractional_quantity``, else ``unmappable``.
    """
    data = event.data
    partial = flag(data, "Partial")
    lines = (
        *(_gone(one) for one in rows(data, "Items")),
        *(_short(one) for one in rows(data, "ShortItems")),
    )
    return GarmentOrder(
        reference=needed(data, "OrderNumber"),
        status=WarehouseStatus.IN_PROGRESS if partial else WarehouseStatus.DISPATCHED,
        status_word=PART if partial else DISPATCHED,
        partial=partial,
        lines=lines,
        parcels=read_parcels(data, rows(data, "Items")),
        return_tracking=read_return_tracking(data),
        dispatched_at=moment(data, "DispatchedAt", event.at),
    )


def _gone(row: Mapping[str, Any]) -> GarmentLine:
    tag = text(row, "RFID")
    return GarmentLine(
        line_id=needed(row, "LineItemId"),
        garment_sku=needed(row, "GarmentSKU"),
        tag=read_tag(tag) if tag else "",
        quantity=units(row, "Quantity"),
        outcome=LineOutcome.FILLED,
        outcome_word=DISPATCHED,
        tracking=", ".join(texts(row, "TrackingNumber")),
    )


def _short(row: Mapping[str, Any]) -> GarmentLine:
    return GarmentLine(
        line_id=needed(row, "LineItemId"),
        garment_sku=needed(row, "GarmentSKU"),
        quantity=units(row, "Quantity"),
        outcome=LineOutcome.SHORT,
        outcome_word="Short",
        short_reason=short_reason(text(row, "Reason")),
    )
