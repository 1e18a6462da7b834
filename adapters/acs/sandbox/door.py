"""What somebody at the control door asks for: stock to begin with, and what people on the floor do.

A body of ``floor`` is one action (``{"receive": {...}}``) or ``{"actions": [...]}``; what comes before one that is
refused stays done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.acs.sandbox import coming_back, floor, stock_file
from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.orders import Order
from adapters.acs.sandbox.refusal import Refused
from adapters.acs.sandbox.site import Site

Told = dict[str, Any]


def set_up(site: Site, told: Told) -> Told:
    """``stock``: product SKU -> how many ready garments. ``garments``: each product_sku, unique_sku, rfid?, state?."""
    made = []
    now = site.clock.now()
    for sku, count in told.get("stock", {}).items():
        first = site.next(f"garments of {sku}")
        numbers = [first, *(site.next(f"garments of {sku}") for _ in range(int(count) - 1))] if count else []
        made += [site.garments.add(sku, f"{sku}_{number}", State.READY, now) for number in numbers]
    for one in told.get("garments", ()):
        state = State(one.get("state", "Ready"))
        made.append(site.garments.add(one["product_sku"], one["unique_sku"], state, now, one.get("rfid", "")))
    return {"garments": [{"rfid": one.tag, "unique_sku": one.unique_sku} for one in made]}


def act(site: Site, told: Told) -> Told:
    """Does what is asked for; ``done`` has one object for each action, in order."""
    done = []
    for action in told.get("actions", [told]):
        for name, wanted in action.items():
            if name not in ACTIONS:
                raise Refused(f"{name} is no action: there are {', '.join(ACTIONS)}")
            done.append({name: ACTIONS[name](site, wanted)})
    return {"done": done}


def _receive(site: Site, told: Told) -> Told:
    """A garment comes back; ``grade`` is what it will be found to be, ``kind`` the word for its coming back."""
    garment = site.garments.tagged(told["rfid"])
    if told.get("grade"):
        site.switches.grade_of[garment.tag] = told["grade"]
    coming_back.receive(site, garment, told.get("kind", ""))
    return {"state": garment.state}


def _regrade(site: Site, told: Told) -> Told:
    garment = site.garments.tagged(told["rfid"])
    entry = next((one for one in reversed(site.returns) if one["rfid"] == garment.tag), None)
    if garment.state is State.READY:
        coming_back.move(site, garment, State.INSPECTION)
    coming_back.grade(site, garment, told["grade"], entry)
    return {"state": garment.state}


def _retire(site: Site, told: Told) -> Told:
    garment = site.garments.tagged(told["rfid"])
    coming_back.retire(site, garment, told.get("reason", "BER"), told.get("disposition", "RECYCLE"))
    return {"state": garment.state}


def _move(site: Site, told: Told) -> Told:
    garment = site.garments.tagged(told["rfid"])
    coming_back.move(site, garment, State(told["to"]), told.get("grade", ""))
    return {"state": garment.state}


def _lose(site: Site, told: Told) -> Told:
    garment = site.garments.tagged(told["rfid"])
    garment.lost = bool(told.get("lost", True))
    return {"lost": garment.lost}


def _cancel(site: Site, told: Told) -> Told:
    order = _order(site, told)
    floor.cancel(site, order, "acs")
    return {"status": order.status}


def _release(site: Site, told: Told) -> Told:
    order = _order(site, told)
    floor.release(site, order)
    return {"status": order.status}


def _tell_again(site: Site, told: Told) -> Told:
    """Somebody rang up: what was told of a garment, or of an order, is told once more."""
    return {"events": site.events.tell_again(told.get("rfid") or told["order"])}


def _order(site: Site, told: Told) -> Order:
    order = site.orders.find(told["order"])
    if order is None:
        raise Refused(f"{told['order']} is no order here: put it first")
    return order


def shown(garment: Garment) -> Told:
    """A garment as the books show it."""
    return {
        "rfid": garment.tag,
        "product_sku": garment.product_sku,
        "unique_sku": garment.unique_sku,
        "state": garment.state,
        "grade": garment.grade,
        "order": garment.order,
        "hire": garment.hire,
        "lost": garment.lost,
        "states": list(garment.states),
    }


ACTIONS: dict[str, Callable[[Site, Told], Told]] = {
    "receive": _receive,
    "regrade": _regrade,
    "retire": _retire,
    "move": _move,
    "lose": _lose,
    "cancel": _cancel,
    "release": _release,
    "tell_again": _tell_again,
    "stock_file": lambda site, _: stock_file.lay(site),
}
