"""How single values of the channel are typed: doubles, whole numbers, times without an offset.

README of ``kcc-web-services``, "Types": numbers are doubles, a DateTime is ``2018-01-18T12:20:48``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from mappings.errors import Unmappable
from mappings.khaos.values import LONDON, NULL_DATE

LARGEST = 10**15
PLACES = 10  # a double is noise behind that


def _number(given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise ValueError("expected a number such as 6.00")  # noqa: TRY004 pydantic collects ValueErrors
    value = Decimal(given)
    if not (value.is_finite() and -LARGEST < value < LARGEST):
        raise ValueError("expected a number below 10 to the power of 15")
    exponent = value.as_tuple().exponent
    return round(value, PLACES) if isinstance(exponent, int) and exponent < -PLACES else value


def _whole(given: Any) -> int:
    value = _number(given)
    if value != int(value):
        raise ValueError("expected a whole number")
    return int(value)


def _moment(given: Any) -> datetime:
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str):
        raise ValueError("expected a time such as 2018-01-18T12:20:48")  # noqa: TRY004 pydantic collects ValueErrors
    try:
        return datetime.fromisoformat(given.strip())
    except ValueError:
        raise ValueError("expected a time such as 2018-01-18T12:20:48") from None


Number = Annotated[Decimal, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


def units(field: str, value: Decimal) -> int:
    """A quantity in whole units, below zero as it came.

    Raises:
        Unmappable: part of a unit; ``kind`` ``fractional_quantity``.
    """
    if value != int(value):
        why = "warehouses count whole units; correct it in Khaos, or keep the item in another unit"
        raise Unmappable(field, f"{value:f}", why, kind="fractional_quantity")
    return int(value)


def utc(field: str, value: datetime | None, zone: ZoneInfo = LONDON) -> datetime | None:
    """``value`` in UTC, taken as the wall clock of ``zone`` where it has no offset; None for the null date 1899-12-30.

    Raises:
        Unmappable: a time beyond the calendar.
    """
    if value is None or value.date() == NULL_DATE:
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise Unmappable(field, value.isoformat(), "no such time; correct it in Khaos") from None


def wall_clock(value: datetime, zone: ZoneInfo = LONDON) -> datetime:
    """The aware ``value`` as the clock of ``zone`` shows it, in whole seconds and without an offset."""
    return value.astimezone(zone).replace(tzinfo=None, microsecond=0)
