"""What shall happen in the demo besides the file's orders: opening stock, deliveries, losses, finds, returns.

All of it follows from the file and a seed. Losses and holds never go beyond the buffer of their SKU, which nobody can
buy: so no order finds its goods gone because of them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import count
from typing import Literal

from mappings.canonical import Canonical
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.setting.buildings import HOUSES, House, house_of
from workers.demo.setting.return_parcels import Parcel, parcels_of

SPARE = 6  # units of every SKU that nobody of the file wants
BUFFER = 6  # units that are kept back of the SKUs with which things happen
SCARCE = 0.15  # of the SKUs, those of which less is there at first than the file sells
THERE = 0.4  # of what the file sells, in that case
LINES_A_DELIVERY = 8

Units = dict[str, int]  # by SKU


class Delivery(Canonical):
    """A supplier's delivery on a purchase order."""

    order: str
    house: House
    lines: Units


class Happening(Canonical):
    """Something that people in a building do with units of a SKU; ``units`` are signed for ``adjust``."""

    house: House
    action: Literal["adjust", "hold", "release"]
    sku: str
    units: int
    reason: str


class Plan(Canonical):
    """The whole plan. ``opening`` and ``lively`` go by Khaos site."""

    opening: dict[str, Units]
    lively: dict[str, tuple[str, ...]]
    deliveries: tuple[Delivery, ...]
    happenings: tuple[Happening, ...]
    parcels: tuple[Parcel, ...]

    def not_found(self, houses: Iterable[House]) -> str:
        """A SKU that sells a little here and with which nothing else happens: one unit of it is not found."""
        quiet = [
            (units, sku)
            for house in houses
            for sku, units in self.opening[house.site].items()
            if sku not in self.lively[house.site] and units > SPARE + 1
        ]
        return min(quiet, default=(0, ""))[1]


def make_plan(file: OrdersFile, seed: int, unfit: Container[str] = ()) -> Plan:
    """The plan for a file. ``unfit`` are codes that the warehouse will not take. Pure."""
    dice = random.Random(f"{seed}/plan")  # noqa: S311  a play, not a secret
    goods = {one.code for one in file.products if one.stock_controlled}
    sold: dict[str, Units] = {house.site: {} for house in HOUSES}
    for order in file.orders:
        here = sold[house_of(order.customer_ref, seed).site]
        for line in order.lines:
            if line.sku in goods:
                here[line.sku] = here.get(line.sku, 0) + line.quantity
    main = HOUSES[0].site
    sold[main] = {code: sold[main].get(code, 0) for code in sorted(goods)}  # some of everything stands at Leeds
    numbers = count(1)
    opening: dict[str, Units] = {}
    lively: dict[str, tuple[str, ...]] = {}
    deliveries: list[Delivery] = []
    for house in HOUSES:
        fit = sorted(sku for sku in sold[house.site] if sku not in unfit)
        chosen = frozenset(dice.sample(fit, min(house.lively, len(fit))))
        lively[house.site] = tuple(sorted(chosen))
        scarce = {s for s in fit if s not in chosen and sold[house.site][s] > 1 and dice.random() < SCARCE}
        opening[house.site] = {
            sku: int(units * THERE) if sku in scarce else units + SPARE + BUFFER * (sku in chosen)
            for sku, units in sorted(sold[house.site].items())
        }
        missing = {s: sold[house.site][s] - opening[house.site][s] + SPARE for s in sorted(scarce)}
        deliveries += _deliveries(house, missing, numbers)
    return Plan(
        opening=opening,
        lively=lively,
        deliveries=tuple(deliveries),
        happenings=tuple(_happenings(lively, dice)),
        parcels=parcels_of(file, seed),
    )


def _deliveries(house: House, missing: Units, numbers: Iterator[int]) -> Iterator[Delivery]:
    lines = list(missing.items())
    for start in range(0, len(lines), LINES_A_DELIVERY):
        yield Delivery(
            order=f"PO{10_000 + next(numbers)}", house=house, lines=dict(lines[start : start + LINES_A_DELIVERY])
        )


def _happenings(lively: dict[str, tuple[str, ...]], dice: random.Random) -> list[Happening]:
    """For each lively SKU, in this order: some lost, some held, some found, and one of the held ones good again."""
    by_turn: dict[int, list[Happening]] = defaultdict(list)
    for house in HOUSES:
        for sku in lively[house.site]:
            lost, held = dice.choice(("DMG", "LOST", "DMG", "LOST", "EXPIRED")), dice.choice(("QC", "DMGHOLD"))
            course: tuple[tuple[Literal["adjust", "hold", "release"], int, str], ...] = (
                ("adjust", -dice.randint(1, 2), lost),
                ("hold", 2, held),
                ("adjust", dice.randint(1, 3), "FOUND"),
                ("release", 1, held),
            )
            for turn, (action, units, reason) in enumerate(course):
                by_turn[turn].append(Happening(house=house, action=action, sku=sku, units=units, reason=reason))
    for together in by_turn.values():
        dice.shuffle(together)
    return [one for turn in sorted(by_turn) for one in by_turn[turn]]
