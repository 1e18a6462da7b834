"""The demo's trade in garments at ACS: what hangs there, who hires and buys, and in which state it comes back.

An orders file names goods by the dozen and knows neither tags nor days of a hire, so this trade is the demo's own,
beside any file. It follows from the seed; of no style more is ordered than hangs there, whatever comes back.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle, islice
from typing import NamedTuple

from mappings.canonical import Canonical, GarmentItem
from workers.demo.setting.acs_settings import LENGTHS

SPARE = 3  # garments of every style that no planned order wants: some are short, and shoppers buy the rest
MOST_LINES, MOST_UNITS = 3, 2
EVENT_IN = (10, 24)  # days from today to the day on which a hire is worn
HIRED_OF_TEN = 6  # units
CANCELLED = 5  # the order that is taken back while ACS has it on hold
FAILED, NOT_FOUND = "FAILED_QC", "NOT_FOUND"


class Style(Canonical):
    """A style and size, which is one stock code; ``value`` is what finance's asset register says of one garment."""

    code: str
    name: str
    price: Decimal
    value: Decimal
    garments: int


class Wanted(NamedTuple):
    """One line of an order."""

    style: Style
    units: int
    hire: bool


class GarmentOrder(NamedTuple):
    """An order; a hire's first day is ``worn_on``, and its length one of the settings' words."""

    reference: str
    lines: tuple[Wanted, ...]
    worn_on: date
    length: str

    @property
    def hires(self) -> bool:
        """Whether any of it is hired."""
        return any(line.hire for line in self.lines)


STYLES = tuple(
    Style(code=code, name=name, price=Decimal(price), value=Decimal(value), garments=garments)
    for code, name, price, value, garments in (
        ("GW01-10", "Silk gown, 10", "85.00", "140.00", 9),
        ("GW01-12", "Silk gown, 12", "85.00", "140.00", 9),
        ("GW02-40", "Dinner jacket, 40", "60.00", "95.00", 8),
        ("GW03-S", "Sequin dress, S", "45.00", "55.00", 8),
        ("GW04-8", "Velvet cape, 8", "35.00", "38.50", 8),
        ("GW05-M", "Kilt, M", "50.00", "49.00", 8),
    )
)
# What ACS finds when a garment comes back, in the order in which garments leave. None: it has not come back yet.
HIRES_BACK = ("A", "B", "X", "A", "C", "A", "D", None, "B", "X", "A", "COUNTERFEIT")
SALES_BACK = ("A", None, "B", "X", None, "WRONG_ITEM", "A", "D", None, "C", "EMPTY_BOX")
MISNAMED = {2: "SALE_RETURN"}, {3: "UNKNOWN"}  # what the label says instead: of which hire, of which sale
# Garments that are announced to ACS in the morning; one of them it does not take, and one is withdrawn again.
NEW = tuple(
    GarmentItem(product_sku=STYLES[0].code, unique_sku=f"GW01-10-NEW{n}", name=STYLES[0].name, sizes="10")
    for n in range(1, 5)
)
NOT_TAKEN, WITHDRAWN = NEW[2].unique_sku, NEW[3].model_copy(update={"retired": True})
SHORT = {STYLES[4].code: FAILED, STYLES[5].code: NOT_FOUND}  # one unit of each style


def orders(seed: int, today: date) -> tuple[GarmentOrder, ...]:
    """Every planned order, the first of them with a hire and a sale of one style. Pure."""
    dice = random.Random(f"{seed}/wardrobe")  # noqa: S311  a play, not a secret
    left = {style: style.garments - SPARE for style in STYLES}
    kinds = (place % 10 < HIRED_OF_TEN for place in range(10_000))
    made = [_order(1, (Wanted(STYLES[0], 2, hire=True), Wanted(STYLES[0], 1, hire=False)), dice, today)]
    left[STYLES[0]] -= 3
    while any(left.values()):
        some = dice.sample([style for style in STYLES if left[style]], min(dice.randint(1, MOST_LINES), _kinds(left)))
        lines = [Wanted(style, dice.randint(1, min(MOST_UNITS, left[style])), next(kinds)) for style in some]
        for line in lines:
            left[line.style] -= line.units
        made.append(_order(len(made) + 1, tuple(lines), dice, today))
    return tuple(made)


def fates(garments: int, *, hire: bool) -> list[str | None]:
    """The grades of so many garments that left, in their order. Pure."""
    return list(islice(cycle(HIRES_BACK if hire else SALES_BACK), garments))


def _kinds(left: dict[Style, int]) -> int:
    return sum(n > 0 for n in left.values())


def _order(number: int, lines: tuple[Wanted, ...], dice: random.Random, today: date) -> GarmentOrder:
    worn_on = today + timedelta(days=dice.randint(*EVENT_IN))
    return GarmentOrder(f"GARMENT-{number:03}", lines, worn_on, dice.choice(sorted(LENGTHS)))
