"""What the place does with a PUT and a GET: takes a new order, changes one, takes one back, or refuses."""

from __future__ import annotations

from typing import Any

from adapters.acs.sandbox import floor
from adapters.acs.sandbox.checks import check
from adapters.acs.sandbox.events import TIME
from adapters.acs.sandbox.orders import CHANGEABLE, Item, Order, Status, Unit, read_items
from adapters.acs.sandbox.refusal import Reason, Refusal
from adapters.acs.sandbox.site import Site

Answer = tuple[int, dict[str, Any]]


def put(site: Site, number: str, body: Any) -> Answer:
    """An upsert: the same body again changes nothing, another one is a change, one with the flag takes it back."""
    before = site.orders.find(number)
    if before is not None and before.body == body and before.status is not Status.REJECTED:
        before.puts += 1
        return 200, _taken(site, before)
    try:
        check(site, number, body)
    except Refusal as refusal:
        site.orders.refused.update(reason.code for reason in refusal.reasons)
        raise
    if body["OrderCancelled"]:
        return _cancel(site, number, body, before)
    if before is not None and before.status not in CHANGEABLE:
        raise _too_late(before, "Order cannot be changed", "OrderNumber")
    order = Order(number, body, read_items(body), puts=before.puts + 1 if before else 1)
    if before is not None:
        floor.let_go(site, before)
        order.statuses, order.visits = before.statuses, before.visits + 1
    if site.switches.availability == "put":
        _check_available(site, order)
    site.orders.keep(order)
    floor.start(site, order)
    return (200 if before else 201), _taken(site, order)


def get(site: Site, number: str) -> Answer:
    """The order as it stands."""
    order = site.orders.find(number)
    if order is None:
        raise Refusal(404, "No such order", number)
    shows = order.dispatched_at is None or (
        (site.clock.now() - order.dispatched_at).total_seconds() >= site.switches.tracking_late_seconds
    )
    told: dict[str, Any] = {
        "OrderNumber": number,
        "AccountCode": site.account,
        "Status": order.status,
        "OrderCancelled": order.status is Status.CANCELLED,
        "Parcels": [{k: v for k, v in one.items() if k != "ReturnTrackingNumber"} for one in order.parcels] * shows,
        "OrderItems": [row for item in order.items for row in _rows(order, item, shows=shows)],
    }
    if order.dispatched_at is not None:
        told["DispatchedAt"] = order.dispatched_at.strftime(TIME)
    return 200, told


def _rows(order: Order, item: Item, *, shows: bool) -> list[dict[str, Any]]:
    """One row for each garment that left or lacks; what is still open stands in one."""
    waiting = [unit for unit in item.units if unit.open]
    rows = [_row(item, unit, shows=shows) for unit in item.units if not unit.open]
    if waiting:
        status = order.status if order.status is not Status.PART_DISPATCHED else Status.ALLOCATED
        open_row = {"LineItemId": item.line, "GarmentSKU": item.sku, "RFID": None, "LineStatus": status}
        rows.append({**open_row, "ItemQuantity": len(waiting)})
    return rows


def _row(item: Item, unit: Unit, *, shows: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "LineItemId": item.line,
        "GarmentSKU": item.sku,
        "RFID": unit.garment.tag if unit.garment else None,
        "LineStatus": "Short" if unit.short else "Dispatched",
    }
    if unit.short:
        row["ShortReason"] = unit.short
    elif shows:
        row["TrackingNumber"] = unit.tracking
    return row


def _cancel(site: Site, number: str, body: dict[str, Any], before: Order | None) -> Answer:
    if before is None:
        order = Order(number, body, read_items(body))
        site.orders.keep(order)
        floor.cancel(site, order, "client")
        return 201, _taken(site, order)
    if before.status is Status.CANCELLED:
        return 200, _taken(site, before)
    if before.status not in CHANGEABLE:
        if site.switches.cancels == "event":
            floor.refuse_cancel(site, before)
            return 200, _taken(site, before)
        raise _too_late(before, "Order cannot be cancelled", "OrderCancelled")
    before.body = body
    before.puts += 1
    floor.cancel(site, before, "client")
    return 200, _taken(site, before)


def _check_available(site: Site, order: Order) -> None:
    for place, item in enumerate(order.items):
        if site.garments.ready(item.sku) is None:
            reason = Reason(f"OrderItems[{place}].GarmentSKU", "item_not_available", f"{item.sku} is not ready")
            site.orders.refused["item_not_available"] += 1
            raise Refusal(422, "Validation failed", order.number, (reason,))


def _too_late(order: Order, message: str, field: str) -> Refusal:
    reason = Reason(field, "too_late", f"Order status is {order.status}")
    return Refusal(409, message, order.number, (reason,))


def _taken(site: Site, order: Order) -> dict[str, Any]:
    return {
        "OrderNumber": order.number,
        "Status": order.status,
        "AcceptedItems": len(order.items),
        "Message": "Order received",
        "Timestamp": site.clock.now().strftime(TIME),
    }
