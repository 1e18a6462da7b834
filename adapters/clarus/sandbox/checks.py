"""How a body is held against its rules: missing, mistyped or overlong fields are a 422."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.clarus.sandbox.refusal import invalid

# field -> ("text", longest) | ("int", least) | ("above", floor) | ("from", least) | ("bool", None) | ("date", None)
# | ("list", None) | ("one of", words); a name that no row has is ignored, as the vendor ignores it
Rules = Mapping[str, tuple[str, Any]]


def attributes(body: Any, kind: str) -> dict[str, Any]:
    """The attributes of an enveloped body of the right type, else a 422."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise invalid("data", "is missing")
    if data.get("type") != kind:
        raise invalid("type", f"must be {kind}")
    if not isinstance(data.get("attributes"), dict):
        raise invalid("attributes", "is missing")
    told: dict[str, Any] = data["attributes"]
    return told


def check(told: Any, rules: Rules, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The members of ``told`` that ``rules`` know, each found good; a 422 naming the first that is not."""
    if not isinstance(told, dict):
        raise invalid("attributes", "must be an object")
    for field in required:
        if told.get(field) in (None, ""):
            raise invalid(field, "can't be blank")
    known = {field: value for field, value in told.items() if field in rules}
    for field, value in known.items():
        kind, bound = rules[field]
        if value is not None:
            _check_one(field, value, kind, bound)
    return known


def _check_one(field: str, value: Any, kind: str, bound: Any) -> None:
    if not KINDS[kind](value, bound):
        raise invalid(field, f"is invalid (must be {kind}{'' if bound is None else f' {bound}'})")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


KINDS: dict[str, Callable[[Any, Any], bool]] = {
    "text": lambda value, longest: isinstance(value, str) and len(value) <= longest,
    "int": lambda value, least: _is_whole(value) and (least is None or value >= least),
    "above": lambda value, floor: _is_number(value) and value > floor,
    "from": lambda value, least: _is_number(value) and value >= least,
    "bool": lambda value, _: isinstance(value, bool),
    "date": lambda value, _: isinstance(value, str) and _is_date(value),
    "list": lambda value, _: isinstance(value, list),
    "one of": lambda value, words: isinstance(value, str) and value in words,
}
