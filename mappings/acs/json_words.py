"""Values of ACS's JSON: one body read, and each field as what it must be, or refused by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mappings.errors import Unmappable
from mappings.quantities import believable
from mappings.text import several, without_placeholder

YES, NO = ("true", "1", "1.0", "yes", "y"), ("", "false", "0", "0.0", "no", "n")


def read_body(body: bytes, what: str) -> Mapping[str, Any]:
    """A JSON object. Raises Unmappable(kind="garbled_hint") for anything else."""
    try:
        payload = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        why = "this is no JSON object: ask ACS what they sent; the stored body has it whole"
        raise Unmappable(what, f"<{len(body)} bytes>", why, kind="garbled_hint")
    return payload


def text(body: Mapping[str, Any], field: str) -> str:
    """A field as text, empty where there is none or only a word such as "null" for none. Numbers are text as well:
    some clients send 24 for "24".
    """
    value = body.get(field)
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return without_placeholder(str(value))


def texts(body: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """The values of a field that may hold several: a list, or one text in which a comma, ``;`` or ``|`` parts them."""
    value = body.get(field)
    given = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(part for one in given for part in several(text({field: one}, field))))


def needed(body: Mapping[str, Any], field: str) -> str:
    """A field that must be filled."""
    value = text(body, field)
    if not value:
        raise Unmappable(field, "", f"ask ACS to fill {field}")
    return value


def flag(body: Mapping[str, Any], field: str) -> bool:
    """A yes or no in the words that programs have for it; no where there is none. Raises Unmappable for others."""
    value = body.get(field)
    said = str(value).strip().lower() if isinstance(value, str | bool | int | Decimal) else value
    if said in YES:
        return True
    if said is None or said in NO or not without_placeholder(str(said)):
        return False
    raise Unmappable(field, str(value)[:40], f"ask ACS for {field} as true or false")


def units(body: Mapping[str, Any], field: str, otherwise: int = 1) -> int:
    """A count. Raises Unmappable: ``fractional_quantity`` for no whole number, ``absurd_quantity`` for far too many."""
    value = text(body, field)
    if not value:
        return otherwise
    try:
        count = Decimal(value)
    except ArithmeticError:
        count = Decimal("NaN")
    if count.is_finite():
        believable(field, value, count)  # first: 1e999999999 as an integer would fill the memory
    if not count.is_finite() or count != int(count) or count < 0:
        raise Unmappable(field, value, "ask ACS for a whole number of units", kind="fractional_quantity")
    return int(count)


def moment(body: Mapping[str, Any], field: str, otherwise: datetime | None = None) -> datetime:
    """A time in UTC; one without a zone is UTC. Raises Unmappable where there is none and nothing stands for it."""
    value = text(body, field)
    if not value and otherwise is not None:
        return otherwise
    try:
        return read_time(value)
    except (ValueError, OverflowError):  # the first and the last day of all have no UTC in some zones
        raise Unmappable(field, value, f"ask ACS for {field} as 2026-12-01T08:31:00Z") from None


def read_time(value: str) -> datetime:
    """A time in UTC; one without a zone is UTC. Raises ValueError or OverflowError for what is none."""
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def rows(body: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    """The objects of a list, empty where there is none. Raises Unmappable for what is no list of objects."""
    value = body.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Unmappable(field, type(value).__name__, f"ask ACS for {field} as a list of objects")
    return list(value)


def words(body: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """The texts of a list; a text alone counts as one."""
    value = body.get(field)
    if isinstance(value, str):
        value = [value]
    return tuple(str(one).strip() for one in value if str(one).strip()) if isinstance(value, list) else ()
