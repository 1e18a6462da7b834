"""An order as ACS's GET shows it, garment by garment; and the whole lines of it that our shipments are made of.

Source: acs.md 2.5.1; sample ``acs_get_order_200.json``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mappings.acs.json_words import flag, moment, needed, read_body, rows, text, texts, units
from mappings.acs.order_words import is_held, is_refused, read_line_status, read_status, short_reason
from mappings.acs.tags import read_tag
from mappings.canonical import (
    GarmentLine,
    GarmentOrder,
    NamedLine,
    Parcel,
    PickLine,
    WarehouseLine,
    WarehouseOrder,
    WarehouseStatus,
)
from mappings.canonical.advices import LineOutcome
from mappings.garment_book import line_of


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
    items = rows(order, "OrderItems")
    lines = tuple(_line(one, line_statuses) for one in items)
    gone = [line for line in lines if line.outcome is LineOutcome.FILLED]
    return GarmentOrder(
        reference=needed(order, "OrderNumber"),
        status=read_status(word, statuses),
        status_word=word,
        held=is_held(word),
        refused=is_refused(word),
        cancelled_by="client" if flag(order, "OrderCancelled") else "",
        partial=bool(gone) and len(gone) < len(lines),
        lines=lines,
        parcels=read_parcels(order, items),
        return_tracking=read_return_tracking(order),
        dispatched_at=moment(order, "DispatchedAt") if text(order, "DispatchedAt") else None,
    )


def read_parcels(order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> tuple[Parcel, ...]:
    """The parcels of an order or a dispatch: those that it lists, and one for each number that only its lines have."""
    listed = [(one, number) for one in rows(order, "Parcels") for number in texts(one, "TrackingNumber") or ("",)]
    told = {number for _, number in listed}
    adrift = list(dict.fromkeys(n for one in lines for n in texts(one, "TrackingNumber") if n not in told))
    found: dict[str, Parcel] = {}
    for one, listed_number in listed:
        number = listed_number or (adrift.pop(0) if adrift else "")
        found.setdefault(number, _parcel(number, text(one, "Carrier"), text(one, "Service")))
    carriers = {(one.carrier, one.service) for one in found.values()}
    carrier, service = carriers.pop() if len(carriers) == 1 else ("", "")
    return (*found.values(), *(_parcel(number, carrier, service) for number in adrift))


def _parcel(number: str, carrier: str, service: str) -> Parcel:
    return Parcel(tracking=number, carrier=carrier, service=service, shipment=number)


def read_return_tracking(order: Mapping[str, Any]) -> tuple[str, ...]:
    """The numbers of the labels that lie in the parcels for the way back."""
    return tuple(number for one in rows(order, "Parcels") for number in texts(one, "ReturnTrackingNumber"))


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
        named_lines=tuple(
            NamedLine(line_id=one.line_id, sku=line_of(one, items).sku, quantity=one.quantity) for one in order.lines
        ),
        read_at=read_at,
    )


def _line(row: Mapping[str, Any], own: Mapping[str, str] | None) -> GarmentLine:
    word, tag, reason = needed(row, "LineStatus"), text(row, "RFID"), text(row, "ShortReason")
    return GarmentLine(
        line_id=needed(row, "LineItemId"),
        garment_sku=needed(row, "GarmentSKU"),
        tag=read_tag(tag) if tag else "",
        quantity=units(row, "ItemQuantity"),
        outcome=read_line_status(word, own),
        outcome_word=word,
        tracking=", ".join(texts(row, "TrackingNumber")),
        short_reason=short_reason(reason) if reason else "",
    )
