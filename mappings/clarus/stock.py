"""What a building holds: stock records added up by SKU and condition.

Source: GraphQL list stocks of the OpenAPI file. Never the list stock_balances: the meaning of its
``available`` is unpublished.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Condition, StockLine
from mappings.clarus.conditions import Conditions
from mappings.clarus.values import needed, quantity, text, within
from mappings.errors import Unmappable, Unreadable
from mappings.quantities import KIND, MOST
from mappings.text import NO_VALUE

PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")  # a code that is stored as it stands


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
    good: dict[tuple[str, str], Condition | None] = {}  # plain words of a status and a reason that were judged before
    units: Counter[tuple[str, Condition]] = Counter()
    troubles: dict[tuple[str, str], Unreadable] = {}
    for record in records:
        plain = _plain(record)
        if plain is not None:
            sku, whole, words = plain
            if words not in good and (judged := conditions.judge(record)).trouble is None:
                good[words] = judged.condition
            if words in good:
                if (condition := good[words]) is not None:
                    units[sku, condition] += whole
                continue
        _add(record, conditions, units, troubles)
    for (sku, condition), n in list(units.items()):
        if n > MOST:  # each record may be; together they are not
            del units[sku, condition]
            why = "its records add up to more than any warehouse holds: correct them in Clarus"
            _note(troubles, sku, Unmappable("stocks.quantity", str(n), why, kind=KIND))
    lines = [StockLine(sku, condition, n) for (sku, condition), n in units.items() if n > 0]
    return lines, list(troubles.values())


def _plain(record: Mapping[str, Any]) -> tuple[str, int, tuple[str, str]] | None:
    """SKU, whole units, and status and hold reason of a record in which nothing is odd, as in nearly all; else None."""
    product, held, status = record.get("product"), record.get("quantity"), record.get("status")
    sku = product.get("code") if type(product) is dict else None
    if type(sku) is not str or type(status) is not str or not PLAIN.fullmatch(sku) or sku.lower() in NO_VALUE:
        return None
    if type(held) is not float or not 0 <= held <= MOST or not held.is_integer():
        return None
    reason = record.get("reason_code")
    code = reason.get("code") if type(reason) is dict else ""
    return (sku, int(held), (status, code)) if type(code) is str else None


def _add(
    record: Mapping[str, Any],
    conditions: Conditions,
    units: Counter[tuple[str, Condition]],
    troubles: dict[tuple[str, str], Unreadable],
) -> None:
    sku = within(record.get("product"), "code")
    try:
        needed(sku, "stocks.product.code")
        held = quantity(record.get("quantity"), "stocks.quantity")
    except Unmappable as error:
        _note(troubles, sku or text(record.get("id")), error)
        return
    judged = conditions.judge(record)
    if judged.trouble is not None and held:
        _note(troubles, judged.trouble.value, judged.trouble)
    if judged.condition is None:
        return
    if held < 0:
        units[sku, Condition.GOOD] += math.floor(held)
        why = "a record below zero: correct it in Clarus"
        _note(troubles, sku, Unmappable("stocks.quantity", str(held), why))
        return
    if held != int(held):
        why = "a part of a unit cannot be sold: correct the quantity of this record in Clarus"
        _note(troubles, sku, Unmappable("stocks.quantity", str(held), why, kind="fractional_quantity"))
    units[sku, judged.condition] += math.floor(held) if judged.condition is Condition.GOOD else math.ceil(held)


def _note(troubles: dict[tuple[str, str], Unreadable], subject: str, error: Unmappable) -> None:
    troubles.setdefault((error.kind, subject), Unreadable(subject, error))
