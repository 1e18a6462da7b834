"""What people in the building do when ``/_sandbox/floor`` tells them to.

A body is one action (``{"adjust": {...}}``) or ``{"actions": [...]}``; what comes before one that is refused stays
done. ``facility`` may be left out where there is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.gxo.sandbox import adjusting, floor
from adapters.gxo.sandbox.orders import Order
from adapters.gxo.sandbox.receiving import receive
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import DAMAGED, GOOD, Refused

HELD = "H"

Told = dict[str, Any]


def act(site: Site, told: Told) -> Told:
    """Does what is told; ``done`` has one object for each action, in order."""
    done = []
    for action in told.get("actions", [told]):
        for name, wanted in action.items():
            if name not in ACTIONS:
                raise Refused(f"{name} is no action: there are {', '.join(ACTIONS)}")
            done.append({name: ACTIONS[name](site, wanted)})
    return {"done": done}


def _adjust(site: Site, told: Told) -> Told:
    """``quantity`` is signed; ``invtype`` is N and ``reason`` AA where they are left out."""
    kind, reason = told.get("invtype", GOOD), told.get("reason", "AA")
    message = adjusting.adjust(site, _facility(site, told), told["sku"], kind, int(told["quantity"]), reason)
    return {"file": message.name, "adjustment": message.reference}


def _pass(source: str, target: str, reason: str) -> Callable[[Site, Told], Told]:
    """Units pass from one type to another; ``committed`` takes also what orders count on."""

    def change(site: Site, told: Told) -> Told:
        kinds = told.get("from", source), told.get("to", target)
        facility, units, why = _facility(site, told), int(told["quantity"]), told.get("reason", reason)
        committed = bool(told.get("committed"))
        message = adjusting.change(site, facility, told["sku"], kinds, units, why, committed=committed)
        return {"file": message.name, "adjustment": message.reference}

    return change


def _hold_order(site: Site, told: Told) -> Told:
    floor.hold(site, _order(site, told))
    return {"state": "H"}


def _release_order(site: Site, told: Told) -> Told:
    floor.unhold(site, _order(site, told))
    return {"state": "N"}


def _facility(site: Site, told: Told) -> str:
    return site.facility(told.get("facility", ""))


def _order(site: Site, told: Told) -> Order:
    order = site.orders.find(told["reference"])
    if order is None:
        raise Refused(f"{told['reference']} is no order here: send its 940 first")
    return order


ACTIONS: dict[str, Callable[[Site, Told], Told]] = {
    "receive": receive,
    "adjust": _adjust,
    "change": _pass(GOOD, DAMAGED, "AC"),
    "hold": _pass(GOOD, HELD, "05"),
    "release": _pass(HELD, GOOD, "55"),
    "damage": _pass(GOOD, DAMAGED, "AU"),
    "hold_order": _hold_order,
    "release_order": _release_order,
}
