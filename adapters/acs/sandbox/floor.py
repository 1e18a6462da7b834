"""How an order goes through its statuses: Received, Accepted, Allocated, Picking, Packed, Dispatched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from adapters.acs.sandbox import shipping
from adapters.acs.sandbox.garments import State
from adapters.acs.sandbox.orders import Order, Status
from adapters.acs.sandbox.refusal import Refused
from adapters.acs.sandbox.site import Site

WAIT = 0.05  # seconds at least between two looks


def start(site: Site, order: Order) -> None:
    """A new order, or one that was changed: its time begins."""
    order.move(Status.RECEIVED)
    if order.number in site.switches.hold_orders:
        order.move(Status.ON_HOLD)
        return
    enter(site, order)


def release(site: Site, order: Order) -> None:
    """Lets a held order go on."""
    if order.status is not Status.ON_HOLD:
        raise Refused(f"{order.number} is {order.status}, not on hold")
    order.move(Status.RECEIVED)
    enter(site, order)


def enter(site: Site, order: Order) -> None:
    """The order's time in its status begins; it is dropped if somebody moves the order meanwhile."""
    visit = order.visits
    seconds = site.switches.steps.get(order.status, site.switches.step_seconds)
    site.people.after(seconds, lambda: _leave(site, order, visit))


def let_go(site: Site, order: Order) -> None:
    """What was allocated to it is ready again."""
    order.visits += 1
    for item in order.items:
        for unit in item.units:
            if unit.garment is not None and unit.garment.state in {State.ALLOCATED, State.PACKED}:
                site.garments.move(unit.garment, State.READY, site.clock.now())
                unit.garment = None


def cancel(site: Site, order: Order, by: str) -> None:
    """Takes the order back, at the wish of the client or of the place."""
    let_go(site, order)
    order.move(Status.CANCELLED)
    order.cancelled_by = by
    site.events.tell("order.cancelled", {"OrderNumber": order.number, "Status": "Cancelled", "RequestedBy": by})


def refuse_cancel(site: Site, order: Order) -> None:
    """A cancellation that came too late, said by an event."""
    told = {"OrderNumber": order.number, "Status": order.status, "Code": "too_late"}
    site.events.tell("order.cancel_rejected", told)


def _leave(site: Site, order: Order, visit: int) -> None:
    if order.visits == visit and order.status in STEPS:
        if not site.switches.floor:
            site.people.after(WAIT, lambda: _leave(site, order, visit))
            return
        STEPS[order.status](site, order)


def _accept(site: Site, order: Order) -> None:
    if site.switches.availability == "event" and (reasons := _not_available(site, order)):
        let_go(site, order)
        order.move(Status.REJECTED)
        site.orders.refused["item_not_available"] += 1
        told: dict[str, Any] = {"OrderNumber": order.number, "Status": "Rejected", "Reasons": reasons}
        site.events.tell("order.rejected", told)
        return
    order.move(Status.ACCEPTED)
    site.events.tell("order.accepted", {"OrderNumber": order.number, "Status": "Accepted"})
    enter(site, order)


def _not_available(site: Site, order: Order) -> list[dict[str, str]]:
    """Allocates what is there; the reasons of what is not."""
    reasons = []
    for item in order.items:
        for unit in item.units:
            if unit.garment is not None:
                continue
            found = site.garments.ready(item.sku)
            if found is None:
                held = site.garments.unique(item.sku)
                why = f"Item is {held.state}" if held else f"No item of {item.sku} is ready"
                reasons.append({"LineItemId": item.line, "Code": "item_not_available", "Message": why})
                continue
            site.garments.move(found, State.ALLOCATED, site.clock.now())
            found.order, found.line, found.hire, unit.garment = order.number, item.line, item.hire, found
    return reasons


def _allocate(site: Site, order: Order) -> None:
    _not_available(site, order)
    order.move(Status.ALLOCATED)
    enter(site, order)


def _pick(site: Site, order: Order) -> None:
    if site.switches.honours_dates and site.today() < date.fromisoformat(order.body["DispatchDate"]):
        visit = order.visits
        site.people.after(WAIT, lambda: _leave(site, order, visit))
        return
    order.move(Status.PICKING)
    enter(site, order)


def _pack(site: Site, order: Order) -> None:
    shipping.pack(site, order)
    order.move(Status.PACKED)
    enter(site, order)


def _ship(site: Site, order: Order) -> None:
    shipping.ship(site, order)
    if order.open:
        order.move(Status.PART_DISPATCHED)
        enter(site, order)
    elif any(unit.tracking for item in order.items for unit in item.units):
        order.move(Status.DISPATCHED)
    else:
        cancel(site, order, "acs")


STEPS: dict[Status, Callable[[Site, Order], None]] = {
    Status.RECEIVED: _accept,
    Status.ACCEPTED: _allocate,
    Status.ALLOCATED: _pick,
    Status.PICKING: _pack,
    Status.PACKED: _ship,
    Status.PART_DISPATCHED: _ship,
}
