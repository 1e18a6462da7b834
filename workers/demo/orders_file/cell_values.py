"""How the file's cells are written: whole quantities, prices with a point, days in three layouts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

LARGEST = 10**9  # units or pounds on one line; more is a slip of the keyboard

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?:[ T].*)?", re.ASCII)
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?", re.ASCII)


class Unfit(Exception):
    """A line that cannot stand in an order. The message says what to write instead."""

    def __init__(self, why: str, kind: Literal["file_line_unreadable", "not_a_sale"] = "file_line_unreadable") -> None:
        super().__init__(why)
        self.kind = kind


class Dates:
    """Reads the file's days: day first, unless the file shows that it writes the month first."""

    def __init__(self, cells: Iterable[str]) -> None:
        """``cells`` are all dates of the file: the month comes first where some day cannot, and none must."""
        found = [match for match in map(SLASHED.fullmatch, cells) if match]
        most = 12
        self.month_first = any(int(m[2]) > most for m in found) and not any(int(m[1]) > most for m in found)

    def read(self, cell: str) -> date:
        """The day; a time of day is left out. A day that is impossible one way round is read the other way."""
        iso, slashed = ISO.fullmatch(cell), SLASHED.fullmatch(cell)
        orders: list[tuple[int, int, int]] = []
        if iso:
            orders = [(int(iso[1]), int(iso[2]), int(iso[3]))]
        elif slashed:
            first, second, year = int(slashed[1]), int(slashed[2]), int(slashed[3])
            year += 2000 if len(slashed[3]) == 2 else 0  # noqa: PLR2004  two figures of a year
            day_first, month_first = (year, second, first), (year, first, second)
            orders = [month_first, day_first] if self.month_first else [day_first, month_first]
        for one in orders:
            try:
                return date(*one)
            except ValueError:
                continue
        raise Unfit(f"InvoiceDate {cell[:30]!r} is no day: write it as day/month/year")


def read_quantity(cell: str) -> int:
    """Whole units above zero (``6`` or ``6.0``). Raises Unfit: not_a_sale for zero and below."""
    value = _whole(cell)
    if value <= 0:
        raise Unfit(f"Quantity {cell!r} is not above zero: it corrects stock and sells nothing", "not_a_sale")
    return value


def read_back_quantity(cell: str) -> int:
    """Whole units that came back, which a C-invoice writes below zero. Raises Unfit: not_a_sale for others."""
    value = _whole(cell)
    if value >= 0:
        raise Unfit(f"Quantity {cell!r} is not below zero: a C-invoice takes goods back and sells none", "not_a_sale")
    return -value


def read_price(cell: str) -> Decimal:
    """The net price of one unit, zero for a gift. Raises Unfit: not_a_sale below zero."""
    value = _number(cell, "UnitPrice")
    if value < 0:
        raise Unfit(f"UnitPrice {cell!r} is below zero: it books an amount and sells nothing", "not_a_sale")
    return abs(value)


def read_text(cell: str, column: str) -> str:
    """A code as it was typed. Raises Unfit for none, and for characters that cannot be shown."""
    if not cell:
        raise Unfit(f"it has no {column}: write one")
    if not cell.isprintable() or "\ufffd" in cell:
        raise Unfit(f"its {column} holds a character that cannot be shown: type it anew")
    return cell


def _whole(cell: str) -> int:
    value = _number(cell, "Quantity")
    if value != value.to_integral_value():
        raise Unfit(f"Quantity {cell!r} is not whole: a warehouse picks whole units")
    return int(value)


def _number(cell: str, column: str) -> Decimal:
    if not NUMBER.fullmatch(cell):
        raise Unfit(f"{column} {cell[:30]!r} is no number: write figures, with a point for decimals")
    value = Decimal(cell)
    if abs(value) > LARGEST:
        raise Unfit(f"{column} {cell[:30]!r} is larger than {LARGEST}: correct it")
    return value
