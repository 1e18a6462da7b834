"""How many units one figure may name: beyond that it is a slip, and nobody sells, counts or books by it."""

from __future__ import annotations

from decimal import Decimal

from mappings.errors import Unmappable

MOST = 99_999_999  # twenty such figures still add up within the ledger's integers
LONGEST = 40  # characters of a figure that an exception names
KIND = "absurd_quantity"


def believable(field: str, value: object, units: Decimal | float) -> None:
    """Raise Unmappable, kind ``absurd_quantity``, for more units than any warehouse holds of one thing."""
    if not -MOST <= units <= MOST:
        why = f"more than {MOST:,} units of one thing: correct it where it was written"
        raise Unmappable(field, _named(value), why, kind=KIND)


def _named(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > LONGEST:
        return f"about 2 to the power of {value.bit_length() - 1}"  # Python writes no number of thousands of digits
    return str(value)[:LONGEST]
