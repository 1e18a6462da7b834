"""Which records a GraphQL filter lets through, by the operators of the OpenAPI file's list operations.

``ilike`` and ``like`` without ``%`` match a part, as in the vendor's examples. Moments compare as moments, in
whatever zone they are written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from graphql import GraphQLError

from adapters.clarus.sandbox.books import Record, at

Conditions = dict[str, dict[str, Any]]

# filter -> where it looks, when not at a member of its name or at <name>.id, .code, .reference
PLACES = {
    ("goods_out_lines", "account_id"): "goods_out.account.id",
    ("goods_out_lines", "warehouse_id"): "goods_out.warehouse.id",
    ("goods_out_lines", "goods_out_status_code"): "goods_out.goods_out_status.code",
    ("products", "account_id"): "account_ids",
}


def fits(root: str, row: Record, conditions: Conditions) -> bool:
    """Whether a record of the list passes all conditions."""
    for field, operators in conditions.items():
        value = _value(root, row, field)
        values = value if isinstance(value, list) else [value]
        for operator, wanted in operators.items():
            if not any(OPERATORS[operator](one, wanted) for one in values):
                return False
    return True


def moment(told: Any) -> datetime:
    """A moment or a date of a filter; a GraphQL error for another word."""
    try:
        return _moment(told)
    except ValueError:
        raise GraphQLError(f"Invalid date: {told}") from None


@lru_cache(maxsize=4096)
def _moment(told: str) -> datetime:
    read = datetime.fromisoformat(told)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _value(root: str, row: Record, field: str) -> Any:
    if (root, field) in PLACES:
        return at(row, PLACES[root, field])
    if field in row:
        return row[field]
    owner, _, member = field.rpartition("_")
    return at(row, f"{owner}.{member}")


def _rank(value: Any) -> Any:
    """Ids compare as numbers."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _between(value: Any, wanted: list[Any]) -> bool:
    try:
        low, value, high = _moment(wanted[0]), _moment(value), _moment(wanted[1])
    except (ValueError, TypeError):
        low, high = wanted[0], wanted[1]
    return bool(value is not None and low <= value <= high)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: bool(value == wanted),
    "in": lambda value, wanted: value in wanted,
    "ilike": lambda value, wanted: wanted.strip("%").lower() in str(value or "").lower(),
    "like": lambda value, wanted: wanted.strip("%") in str(value or ""),
    "between": _between,
    "gt": lambda value, wanted: value is not None and _rank(value) > _rank(wanted),
    "gteq": lambda value, wanted: value is not None and _rank(value) >= _rank(wanted),
    "lt": lambda value, wanted: value is not None and _rank(value) < _rank(wanted),
    "lteq": lambda value, wanted: value is not None and _rank(value) <= _rank(wanted),
    "from": lambda value, wanted: value is not None and _moment(value) >= moment(wanted),
    "to": lambda value, wanted: value is not None and _moment(value) <= moment(wanted),
    "filled": lambda value, wanted: (value is not None) == wanted,
}
