"""An order as ACS's GET shows it, garment by garment; and the whole lines of it that our shipments are made of.

Source: acs.md 2.5.1; sample ``acs_get_order_200.json``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mappings.acs.json_words import flag, moment, needed, read_body, rows, text, units
from mappings.acs.order_words import is_held, read_line_status, read_status, short_reason
from mappings.acs.tags import read_tag
from mappings.canonical import (
    GarmentLine,
    GarmentOrder,
    LineKind,
    Parcel,
    PickLine,
    WarehouseLine,
    WarehouseOrder,
    WarehouseStatus,
)
from mappings.canonical.advices import LineOutcome
from mappings.errors import Unmappable


def read_order(
    body: bytes,
    *,
    statuses: Mapping[str, str] | None = None,
    line_statuses: Mapping[str, str] | None = None,
) -> GarmentOrder:
    """Read an order back. ``statuses`` and ``line_statuses`` are the merchant's rows, which win.

    Raises:
        Unmappable: ``unknown_status`` for a word without a row, ``garbled_hint`` for what is no JSON,
            ``fractional_quantity``, else ``unmappable``.
    """
    order = read_body(body, "GET order")
    word = needed(order, "Status")
    lines = tuple(_line(one, line_statuses) for one in rows(order, "OrderItems"))
    gone = [line for line in lines if line.outcome is LineOutcome.FILLED]
    return GarmentOrder(
        reference=needed(order, "OrderNumber"),
        status=read_status(word, statuses),
        status_word=word,
        held=is_held(word),
        cancelled_by="client" if flag(order, "OrderCancelled") else "",
        partial=bool(gone) and len(gone) < len(lines),
        lines=lines,
        parcels=read_parcels(order),
        return_tracking=read_return_tracking(order),
        dispatched_at=moment(order, "DispatchedAt") if text(order, "DispatchedAt") else None,
    )


def read_parcels(order: Mapping[str, Any]) -> tuple[Parcel, ...]:
    """The parcels of an order or a dispatch."""
    return tuple(
        Parcel(
            tracking=text(one, "TrackingNumber"),
            carrier=text(one, "Carrier"),
            service=text(one, "Service"),
            shipment=text(one, "TrackingNumber"),
        )
        for one in rows(order, "Parcels")
    )


def read_return_tracking(order: Mapping[str, Any]) -> tuple[str, ...]:
    """The numbers of the labels that lie in the parcels for the way back."""
    return tuple(found for one in rows(order, "Parcels") if (found := text(one, "ReturnTrackingNumber")))


def as_warehouse_order(order: GarmentOrder, items: Mapping[str, PickLine], read_at: datetime) -> WarehouseOrder:
    """The order as units by SKU, as every warehouse's is read. ``items`` are those of ``mappings.acs.item_ids``.

    Raises Unmappable(kind="dispatch_unknown_order") for a line that was never sent.
    """
    ordered: Counter[str] = Counter()
    for line in {id(one): one for one in items.values()}.values():
        ordered[line.sku] += line.quantity
    dispatched: Counter[str] = Counter()
    short: set[str] = set()
    for one in order.lines:
        sku = line_of(one, items).sku
        dispatched[sku] += one.quantity if one.outcome is LineOutcome.FILLED else 0
        if one.outcome in {LineOutcome.SHORT, LineOutcome.CANCELLED}:
            short.add(sku)
    picked = ordered if order.status is WarehouseStatus.DISPATCHED else dispatched
    return WarehouseOrder(
        their_id=order.reference,
        reference=order.reference,
        status=order.status,
        status_word=order.status_word,
        lines=tuple(
            WarehouseLine(
                sku=sku,
                ordered=count,
                picked=dispatched[sku] if sku in short else max(picked[sku], dispatched[sku]),
                dispatched=dispatched[sku],
                short=sku in short,
            )
            for sku, count in ordered.items()
        ),
        parcels=order.parcels,
        read_at=read_at,
    )


def line_of(line: GarmentLine, items: Mapping[str, PickLine]) -> PickLine:
    """Our line behind a line of ACS's. Raises Unmappable(kind="dispatch_unknown_order") where there is none."""
    found = items.get(line.line_id)
    if found is None:
        why = "the order was sent without this line: ask ACS what it is"
        raise Unmappable("LineItemId", line.line_id, why, kind="dispatch_unknown_order")
    return found


@dataclass(frozen=True, slots=True)
class Gone:
    """Units of one line that are booked already, and the tags among them."""

    units: int = 0
    tags: frozenset[str] = frozenset()


def not_booked(order: GarmentOrder, book: Mapping[str, Gone], *, cumulative: bool) -> tuple[GarmentLine, ...]:
    """The lines that left and are not in the book yet, with the units that are new. ``book`` is by LineItemId.

    A read-back is ``cumulative``: it shows all that ever left. An event is one dispatch. A tag counts once,
    whichever route brought it first. A line without a tag counts as far as it goes beyond the book when it is read
    back, and whole when it comes by event: where both routes are on, read the order back for ``untagged`` events.
    """
    fresh: list[GarmentLine] = []
    now = dict(book)
    for line in order.lines:
        if line.outcome is not LineOutcome.FILLED:
            continue
        booked = now.get(line.line_id, Gone())
        new = line.quantity
        if line.tag:
            # A unit that was booked without its tag is this one: it may not leave a second time.
            nameless = booked.units - len(booked.tags)
            new = 0 if line.tag in booked.tags else max(0, line.quantity - nameless)
        elif cumulative:
            new = max(0, line.quantity - booked.units)
        if new:
            fresh.append(line.model_copy(update={"quantity": new}))
        tags = booked.tags | ({line.tag} if line.tag else frozenset())
        now[line.line_id] = Gone(booked.units + new, tags)
    return tuple(fresh)


def open_items(items: Mapping[str, PickLine], book: Mapping[str, Gone], short: Collection[str]) -> tuple[str, ...]:
    """The LineItemIds for which something may still leave. ``short`` are those that were closed short or cancelled.

    An order is over when there is none, whatever ``Partial`` says.
    """
    return tuple(
        item
        for item, line in items.items()
        if item not in short and book.get(item, Gone()).units < (1 if line.kind is LineKind.HIRE else line.quantity)
    )


def untagged(order: GarmentOrder) -> bool:
    """Whether a dispatched line has no tag, so that only a read-back can tell it from what is booked."""
    return any(line.outcome is LineOutcome.FILLED and not line.tag for line in order.lines)


def _line(row: Mapping[str, Any], own: Mapping[str, str] | None) -> GarmentLine:
    word, tag, reason = needed(row, "LineStatus"), text(row, "RFID"), text(row, "ShortReason")
    return GarmentLine(
        line_id=needed(row, "LineItemId"),
        garment_sku=needed(row, "GarmentSKU"),
        tag=read_tag(tag) if tag else "",
        quantity=units(row, "ItemQuantity"),
        outcome=read_line_status(word, own),
        outcome_word=word,
        tracking=text(row, "TrackingNumber"),
        short_reason=short_reason(reason) if reason else "",
    )
