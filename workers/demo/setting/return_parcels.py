"""In which state the file's returns come back to which building, and what is written on their parcels."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mappings.canonical import Canonical
from workers.demo.orders_file.reading import OrdersFile
from workers.demo.setting.buildings import House, house_of

# what becomes of the units, and how often: good, damaged, held for a check, or one good and the rest damaged
GRADES: tuple[tuple[str, float], ...] = (("", 0.55), ("DMGHOLD", 0.15), ("QC", 0.15), ("some", 0.15))
How = Literal["announced", "blind", "labelled"]
TURNS: tuple[How, ...] = ("labelled", "announced", "labelled", "blind", "labelled")


class BackLine(Canonical):
    """Units of a SKU: so many good, and so many held for each reason."""

    sku: str
    good: int
    held: dict[str, int] = Field(default_factory=dict)

    @property
    def units(self) -> int:
        """All of them."""
        return self.good + sum(self.held.values())


class Parcel(Canonical):
    """A parcel that comes back to ``house``. ``sale`` is the file's invoice that it was sold with, or empty.

    ``how``: announced by customer service beforehand; blind, with the order's number on it and nothing else; or
    labelled as a return, with the order's number beside its own. With ``excess`` more comes back than was sold.
    """

    reference: str
    house: House
    sale: str
    how: How
    lines: tuple[BackLine, ...]
    excess: bool = False


def parcels_of(file: OrdersFile, seed: int) -> tuple[Parcel, ...]:
    """The file's returns, and two that cannot be credited whole: one comes twice, one has more than was sold. Pure."""
    dice = random.Random(f"{seed}/parcels")  # noqa: S311  a play, not a secret
    found: list[Parcel] = []
    sold_ones = 0
    for back in file.returns:
        units: Counter[str] = Counter()
        for line in back.lines:
            units[line.sku] += line.quantity
        lines = tuple(_graded(sku, n, dice) for sku, n in units.items())
        how = TURNS[sold_ones % len(TURNS)] if back.sale else "labelled"
        sold_ones += bool(back.sale)
        house = house_of(back.customer, seed)
        found.append(Parcel(reference=back.reference, house=house, sale=back.sale, how=how, lines=lines))
    return (*found, *_too_many(file, found))


def _graded(sku: str, units: int, dice: random.Random) -> BackLine:
    (grade,) = dice.choices([grade for grade, _ in GRADES], [share for _, share in GRADES])
    if not grade:
        return BackLine(sku=sku, good=units)
    if grade == "some":
        return BackLine(sku=sku, good=1, held={"DMGHOLD": units - 1} if units > 1 else {})
    return BackLine(sku=sku, good=0, held={grade: units})


def _too_many(file: OrdersFile, parcels: list[Parcel]) -> Iterator[Parcel]:
    sold = {(order.associated_ref, line.sku): 0 for order in file.orders for line in order.lines}
    for order in file.orders:
        for line in order.lines:
            sold[order.associated_ref, line.sku] += line.quantity
    of_sales = [one for one in parcels if one.sale]
    for place, (ending, more) in enumerate((("-AGAIN", 0), ("-MANY", 2))):
        if len(of_sales) > place:
            like = of_sales[place]
            sku = like.lines[0].sku
            all_of_it = (BackLine(sku=sku, good=sold[like.sale, sku] + more),)
            yield like.model_copy(
                update={"reference": f"{like.reference}{ending}", "how": "labelled", "lines": all_of_it, "excess": True}
            )
