"""What happens in a warehouse besides orders, at random: units are lost, found, damaged, held and released."""

from __future__ import annotations

import random
from collections.abc import Callable

from adapters.gxo.sandbox import adjusting
from adapters.gxo.sandbox.orders import Order
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import DAMAGED, GOOD

MOST = 3  # units at a time
HELD = "H"

Happening = Callable[[Site, str, str, int, random.Random], None]


def live(site: Site, order: Order) -> None:
    """What the order's people happen upon, each kind at its rate, for the SKU of one of its lines."""
    dice = site.dice(order.reference, "life")
    sku = dice.choice(order.lines).sku
    for switch, happen in HAPPENINGS.items():
        units = dice.randint(1, MOST)
        if dice.random() < getattr(site.switches, switch):
            happen(site, order.facility, sku, units, dice)


def _count(site: Site, facility: str, sku: str, units: int, dice: random.Random) -> None:
    if dice.random() < 1 / 2:
        adjusting.adjust(site, facility, sku, GOOD, units, dice.choice(("AA", "51", "56")))
    elif lost := min(units, site.stock.room(facility, sku, GOOD)):
        adjusting.adjust(site, facility, sku, GOOD, -lost, dice.choice(("AA", "53")))


def _pass(kinds: tuple[str, str], reasons: tuple[str, ...]) -> Happening:
    def happen(site: Site, facility: str, sku: str, units: int, dice: random.Random) -> None:
        there = min(units, site.stock.room(facility, sku, kinds[0]))
        if there > 0:
            adjusting.change(site, facility, sku, kinds, there, dice.choice(reasons))

    return happen


# The switch with its rate -> what happens.
HAPPENINGS: dict[str, Happening] = {
    "adjust_rate": _count,
    "stock_hold_rate": _pass((GOOD, HELD), ("05",)),
    "stock_release_rate": _pass((HELD, GOOD), ("55",)),
    "damage_rate": _pass((GOOD, DAMAGED), ("AU",)),
}
