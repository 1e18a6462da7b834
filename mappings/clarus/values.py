"""How single values stand in Clarus's answers: texts, things left out, quantities as floats, moments with an offset.

Source: api-reference/introduction; the examples of the OpenAPI file (quantities are JSON floats,
moments carry an offset, dates stand alone, a counter that never moved is null).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mappings.errors import Unmappable
from mappings.quantities import believable
from mappings.text import is_placeholder, storable

LEFT_OUT = "Clarus left out what it documents: read it again, then ask Clarus"


def text(value: Any) -> str:
    """The value without spaces around it, as it may be stored; empty for null."""
    return "" if value is None else storable(str(value)).strip()


def needed(value: Any, field: str) -> str:
    """A text that must be there. Raises Unmappable."""
    found = text(value)
    if not found:
        raise Unmappable(field, "", LEFT_OUT)
    if is_placeholder(found):
        raise Unmappable(field, found, "this stands for no value: correct it in Clarus")
    return found


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    """An object that must be there. Raises Unmappable."""
    if not isinstance(value, Mapping):
        raise Unmappable(field, "", LEFT_OUT)
    return value


def within(value: Any, name: str) -> str:
    """A text member of an object that may be absent or null; empty then."""
    return text(value.get(name)) if isinstance(value, Mapping) else ""


def quantity(value: Any, field: str) -> Decimal:
    """A quantity as it stands, parts of a unit and a sign included.

    Raises Unmappable for what is no number, ``absurd_quantity`` for more than any warehouse holds.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        believable(field, value, value)  # first: one of hundreds of digits is no float
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Unmappable(field, str(value), "this is no quantity: correct the record in Clarus")
    believable(field, value, value)
    return Decimal(str(value))


def whole(value: Any, field: str) -> int:
    """A quantity in whole units, zero or more. Raises Unmappable, ``fractional_quantity`` for a part of a unit."""
    units = quantity(value, field)
    if units != int(units):
        raise Unmappable(
            field,
            str(value),
            "Khaos counts whole units: correct the quantity of this record in Clarus",
            kind="fractional_quantity",
        )
    if units < 0:
        raise Unmappable(field, str(value), "this quantity is below zero: correct the record in Clarus")
    return int(units)


def moment(value: Any, field: str) -> datetime:
    """A moment in UTC; a date alone is its first instant. Raises Unmappable for a time without an offset."""
    written = needed(value, field)
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        raise Unmappable(field, written, "this is no moment: compare it with tests/samples/clarus") from None
    if read.tzinfo is None:
        if len(written) > len("2026-03-10"):
            raise Unmappable(field, written, "a time without an offset: ask Clarus in which zone this tenant writes")
        return read.replace(tzinfo=UTC)
    try:
        return read.astimezone(UTC)
    except OverflowError:  # the first and the last day of all
        raise Unmappable(field, written, "no such time: correct the record in Clarus") from None
