"""What a building holds: stock records added up by SKU and condition.

Source: GraphQL list stocks of the OpenAPI file. Never the list stock_balances: the meaning of its
``available`` is unpublished.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Condition, StockLine
from mappings.clarus.conditions import Conditions
from mappings.clarus.values import needed, quantity, text, within
from mappings.errors import Unmappable, Unreadable
from mappings.quantities import KIND, MOST


def read_stock(
    records: Iterable[Mapping[str, Any]], own: Mapping[str, str] | None = None
) -> tuple[list[StockLine], list[Unreadable]]:
    """Units by SKU and condition, of nodes of the list stocks; what has none is not in the answer.

    ``own`` are the merchant's rows of ``[tables.stock_conditions.clarus]``. Each trouble is listed once:
    ``unknown_condition`` for a status without a row (its units count as UNKNOWN) and for a hold reason
    without one (its units count as the status says), by the word; ``fractional_quantity`` by the SKU (a
    part of a unit is left out of what is good and is a whole unit of anything else); else
    ``unmappable`` by the SKU, or by the record's id where it names none: that record is in no line. One
    below zero speaks of units that other records show and that are not there: so many fewer are good.

    Raises:
        Unmappable: a row of ``own`` has a meaning that is none of ours.
    """
    conditions = Conditions(own)
    units: Counter[tuple[str, Condition]] = Counter()
    troubles: dict[tuple[str, str], Unreadable] = {}
    for record in records:
        sku = within(record.get("product"), "code")
        try:
            needed(sku, "stocks.product.code")
            held = quantity(record.get("quantity"), "stocks.quantity")
        except Unmappable as error:
            _note(troubles, sku or text(record.get("id")), error)
            continue
        judged = conditions.judge(record)
        if judged.trouble is not None and held:
            _note(troubles, judged.trouble.value, judged.trouble)
        if judged.condition is None:
            continue
        if held < 0:
            units[sku, Condition.GOOD] += math.floor(held)
            why = "a record below zero: correct it in Clarus"
            _note(troubles, sku, Unmappable("stocks.quantity", str(held), why))
            continue
        if held != int(held):
            why = "a part of a unit cannot be sold: correct the quantity of this record in Clarus"
            _note(troubles, sku, Unmappable("stocks.quantity", str(held), why, kind="fractional_quantity"))
        units[sku, judged.condition] += math.floor(held) if judged.condition is Condition.GOOD else math.ceil(held)
    for (sku, condition), n in list(units.items()):
        if n > MOST:  # each record may be; together they are not
            del units[sku, condition]
            why = "its records add up to more than any warehouse holds: correct them in Clarus"
            _note(troubles, sku, Unmappable("stocks.quantity", str(n), why, kind=KIND))
    lines = [StockLine(sku=sku, condition=condition, units=n) for (sku, condition), n in units.items() if n > 0]
    return lines, list(troubles.values())


def _note(troubles: dict[tuple[str, str], Unreadable], subject: str, error: Unmappable) -> None:
    troubles.setdefault((error.kind, subject), Unreadable(subject, error))
