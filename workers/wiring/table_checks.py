"""Whether a row of a table means something to the system that reads it: tried with that system's own reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mappings import adjustments, dispositions
from mappings.acs import decisions, grades, order_words, states
from mappings.canonical import LineKind
from mappings.canonical.garments import Disposition, Grade
from mappings.canonical.stock import Cause
from mappings.clarus import conditions as clarus_conditions
from mappings.errors import Unmappable
from mappings.gxo import conditions as gxo_conditions
from mappings.gxo import items, movements
from mappings.gxo import tables as gxo_tables
from workers.config import Configuration
from workers.config.reading import OWN_TABLES
from workers.wiring.systems import SYSTEMS

LONGEST = 60
Rows = Mapping[str, Any]


class NotUsable(Exception):
    """A row that its reader would not understand. The message says what to write."""


def check(configuration: Configuration, name: str, path: Sequence[str]) -> None:
    """Try the row at ``path`` of the table ``name``, in the configuration with it. Raises NotUsable."""
    known = sorted({table for system in SYSTEMS.values() for table in system.tables} | set(OWN_TABLES))
    if name not in known:
        raise NotUsable(f"there is no table {name!r}; known are {', '.join(known)}")
    if name in OWN_TABLES:
        _try(lambda: dispositions.read_disposition(path[0], path[-1], configuration.tables[name]))
        return
    system, *rest = path
    takers = sorted(one for one, its in SYSTEMS.items() if name in its.tables)
    if system not in takers:
        raise NotUsable(f"{name}.{system}: no system of this name takes its rows; known are {', '.join(takers)}")
    if system not in {one.system for one in configuration.connections.values()}:
        raise NotUsable(f"{name}.{system}: fleet.toml has no connection of the system {system!r}")
    if not rest or not all(part.strip() or part == "" for part in rest) or any(len(part) > LONGEST for part in rest):
        raise NotUsable(f"name the row of {name}.{system}: a word of at most {LONGEST} characters")
    own = configuration.tables[name][system]
    _try(lambda: CHECKS[name](system, rest, own))


def _try(use: Callable[[], object]) -> None:
    try:
        use()
    except Unmappable as error:
        raise NotUsable(error.why) from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise NotUsable(f"the row has not the form of its table ({error}): see deploy/fleet.example.toml") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise NotUsable(f"write a word of 1 to {LONGEST} characters")
    return value


def _carrier(_system: str, rest: Sequence[str], own: Rows) -> object:
    return _text(own[rest[0]])


def _condition(system: str, _rest: Sequence[str], own: Rows) -> object:
    readers: dict[str, Callable[[Rows], object]] = {
        "gxo": gxo_conditions.Conditions, "clarus": clarus_conditions.Conditions, "acs": states.States,
    }  # fmt: skip
    return readers[system](own)


def _cause(system: str, rest: Sequence[str], own: Rows) -> object:
    return movements.Effect(own[rest[0]]) if system == "gxo" else Cause(own[rest[0]])


def _line(system: str, rest: Sequence[str], own: Rows) -> object:
    read = gxo_tables.read_line_outcome if system == "gxo" else order_words.read_line_status
    return read(rest[0], own)


def _decision(_system: str, rest: Sequence[str], own: Rows) -> object:
    kind, grade, at = rest
    disposition = Disposition(at) if at in set(Disposition) else None
    return decisions.decide(LineKind(kind), Grade(grade), disposition, own=own)


def _column(_system: str, rest: Sequence[str], own: Rows) -> object:
    if rest[0] not in items.COLUMNS:
        raise NotUsable(f"the item file has no column {rest[0]!r}; it has {', '.join(items.COLUMNS)}")
    return _text(own[rest[0]])


CHECKS: dict[str, Callable[[str, Sequence[str], Rows], object]] = {
    "carriers": _carrier,
    "stock_conditions": _condition,
    "movement_causes": _cause,
    "line_statuses": _line,
    "order_statuses": lambda _system, rest, own: order_words.read_status(rest[0], own),
    "grades": lambda _system, _rest, own: grades.Grades(own),
    "return_decisions": _decision,
    "adjustment_reasons": lambda system, rest, own: adjustments.read_adjustment(system, rest[0], own),
    "item_columns": _column,
}
