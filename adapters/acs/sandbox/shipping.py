"""Packing and dispatch: which garments leave in which parcel, which are short and why, and what is told of it."""

from __future__ import annotations

from typing import Any

from adapters.acs.sandbox import coming_back
from adapters.acs.sandbox.events import TIME
from adapters.acs.sandbox.garments import State
from adapters.acs.sandbox.orders import Item, Order, Unit
from adapters.acs.sandbox.site import Site

NOT_FOUND, STOCK_ERROR = "NOT_FOUND", "STOCK_ERROR"
TRACKING = {"RM": "JX{:09d}GB", "DPD": "1550{:010d}"}


def pack(site: Site, order: Order) -> None:
    """Closes short what cannot be found, once, and packs the rest."""
    for item, unit in order.open:
        if unit.garment is None:
            unit.short = STOCK_ERROR
        elif reason := _planted(site, order, item):
            unit.short = reason
            _put_aside(site, unit, reason)
        else:
            site.garments.move(unit.garment, State.PACKED, site.clock.now())


def ship(site: Site, order: Order) -> None:
    """One parcel with all that is packed, or the first half of it where the order leaves in two goes."""
    now = site.clock.now()
    leaving = order.open
    dice = site.dice(order.number, "goes")
    two = order.number in site.switches.two_goes or dice.random() < site.switches.two_goes_rate
    if two and not order.dispatches and len(leaving) > 1:
        leaving = leaving[: len(leaving) // 2]
    shorts = [] if order.dispatches else [(i, u) for i in order.items for u in i.units if u.short]
    order.dispatches += 1
    if not leaving:
        return
    agent = order.body["DeliveryAgent"]
    parcel = {
        "Carrier": agent,
        "Service": order.body["DeliveryService"],
        "TrackingNumber": _tracking(site, agent),
        "ReturnTrackingNumber": _tracking(site, agent),
    }
    order.parcels.append(parcel)
    order.dispatched_at = now
    for item, unit in leaving:
        _leave(site, order, item, unit, parcel["TrackingNumber"])
    told: dict[str, Any] = {
        "OrderNumber": order.number,
        "DispatchedAt": now.strftime(TIME),
        "Partial": bool(order.open or shorts or order.dispatches > 1),
        "Parcels": [parcel],
        "Items": [
            {
                "LineItemId": item.line,
                "GarmentSKU": item.sku,
                "RFID": unit.garment.tag if unit.garment else "",
                "Quantity": 1,
                "TrackingNumber": unit.tracking,
            }
            for item, unit in leaving
        ],
        "ShortItems": [
            {"LineItemId": item.line, "GarmentSKU": item.sku, "Quantity": 1, "Reason": unit.short}
            for item, unit in shorts
        ],
    }
    site.events.tell("order.dispatched", told)


def _leave(site: Site, order: Order, item: Item, unit: Unit, tracking: str) -> None:
    garment = unit.garment
    assert garment is not None, "only what has a garment is packed"
    unit.tracking = tracking
    site.garments.move(garment, State.WITH_CUSTOMER if item.hire else State.GONE, site.clock.now())
    site.dispatched.append(
        {"order": order.number, "line": item.line, "sku": item.sku, "rfid": garment.tag, "hire": item.hire,
         "product_sku": garment.product_sku, "tracking": tracking}
    )  # fmt: skip
    coming_back.expect(site, garment)


def _planted(site: Site, order: Order, item: Item) -> str:
    """Why a unit of the item is short though its garment is there."""
    for key in (order.number, item.sku):
        if key in site.switches.short:
            return site.switches.short.pop(key)
    dice = site.dice(order.number, item.line, "short")
    return NOT_FOUND if dice.random() < site.switches.short_rate else ""


def _put_aside(site: Site, unit: Unit, reason: str) -> None:
    """A garment that was not found, or not good enough, is looked at."""
    garment = unit.garment
    if garment is not None:
        garment.order = garment.line = ""
        coming_back.inspect_again(site, garment, reason)
        unit.garment = None


def _tracking(site: Site, agent: str) -> str:
    return TRACKING.get(agent, "TR{:010d}").format(site.next("tracking"))
