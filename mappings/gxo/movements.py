"""What moved in a building, read from a 947 (inventory adjustment advice): quantities, and changes of status.

Source: gxo.md 2.2.7 and 3.2; ``mappings/gxo/tables/movements.toml``. A movement of ours moves good units,
or units between good and one other condition; one row of GXO's may be two of them, which add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from mappings.canonical import Cause, Condition, StockMovement
from mappings.errors import Unmappable, Unreadable
from mappings.gxo.conditions import Conditions, Words
from mappings.gxo.segments import Segments, day, facility, head, latest, loops, needed, note, sku, units
from mappings.gxo.tables import table, upper

ANY = "*"


class Effect(StrEnum):
    """The effect of a reason: units change their type, and the net is zero; or as signed."""

    STATUS = "status"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class _Row:
    """One W19; ``units`` are signed."""

    place: int
    reason: str
    sku: str
    units: int
    inventory_type: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class _Step:
    """Part of a change. ``name`` is its own within its set, whatever the tables say on a later reading."""

    name: str
    word: str
    sku: str
    units: int
    cause: Cause
    reason: str
    other: Condition | None = None  # the condition that good units went to, or came from


def read_947(
    segments: Segments,
    *,
    told_at: datetime,
    zone: tzinfo = UTC,
    own_effects: Mapping[str, str] | None = None,
    own_conditions: Mapping[str, str] | None = None,
) -> tuple[list[StockMovement], list[Unreadable]]:
    """Every movement of one adjustment; ``told_at`` is when GXO wrote it, ``zone`` the facility's.

    Rows of one SKU and reason that net to zero are a change of status: good units are HELD as ``to_condition``,
    or RELEASED from it; between two other conditions they are released and held; a change that stays within one
    condition is INSIDE. Anything else is adjusted as signed; in a condition other than good that is two
    movements, the hold or release under the reason of ``[held_for]``. Ids stay the same on every reading.
    ``own_effects`` are the rows of ``[tables.movement_causes.gxo]``, ``own_conditions`` those of
    ``[tables.stock_conditions.gxo]``. A type without a row is UNKNOWN, and stands among the unreadable by its SKU.

    Raises:
        Unmappable: ``unbalanced_status_change`` where a reason that only changes the status does not net to zero,
            ``fractional_quantity``, else ``unmappable``.
    """
    opening, where = head(segments, "W15"), facility(segments)
    number, moved_at = needed(opening, 2), latest(day(opening, 1), told_at, zone)
    effects = {**_EFFECTS, **{reason: _effect(reason, meaning) for reason, meaning in upper(own_effects).items()}}
    rows, bad = _rows(segments, Conditions(own_conditions))
    movements = [
        StockMovement(
            movement_id=f"{number}/{step.name}/{step.cause}",
            facility=where,
            sku=step.sku,
            cause=step.cause,
            cause_word=step.word,
            units=step.units,
            reason=step.reason,
            to_condition=step.other,
            moved_at=moved_at,
        )
        for group in _groups(rows)
        for step in _steps(group, effects.get(group[0].reason.upper(), Effect.QUANTITY))
    ]
    return movements, bad


def _rows(segments: Segments, conditions: Conditions) -> tuple[list[_Row], list[Unreadable]]:
    rows, bad = [], []
    for place, loop in enumerate(loops(segments, "W19"), 1):
        opening = loop[0]
        letter = note(loop, "INVTYPE")
        judged, code = conditions.judge(Words.TYPE, letter), sku(opening, 5, 7)
        rows.append(_Row(place, needed(opening, 1), code, units(opening, 2, 3), letter, judged.condition))
        if judged.trouble is not None:
            bad.append(Unreadable(code, judged.trouble))
    if not rows:
        raise Unmappable("W19", "", "the adjustment has no row: ask GXO to send it again")
    return rows, bad


def _groups(rows: Iterable[_Row]) -> Iterable[list[_Row]]:
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.sku, row.reason.upper()), []).append(row)
    return groups.values()


def _steps(group: list[_Row], effect: Effect) -> Iterator[_Step]:
    net = sum(row.units for row in group)
    if net == 0:
        yield from _changed(group)
    elif effect is Effect.STATUS:
        why = f"{group[0].sku}: {group[0].reason} changes a status only: ask GXO for the other half of the pair"
        raise Unmappable("W1902", f"net {net}", why, kind="unbalanced_status_change")
    else:
        for row in group:
            yield from _adjusted(row)


def _changed(group: list[_Row]) -> Iterator[_Step]:
    """Units that left a type, each taken to the first type that has room for them."""
    taken: Counter[int] = Counter()
    for left in group:
        remaining = max(-left.units, 0)
        for came in group:
            moved = min(remaining, max(came.units, 0) - taken[came.place])
            taken[came.place] += moved
            remaining -= moved
            name, word = f"{left.place}-{came.place}", f"{left.reason} {left.inventory_type}>{came.inventory_type}"
            for cause, other in _ways(left.condition, came.condition) if moved else ():
                yield _Step(name, word, left.sku, moved, cause, left.reason, other)


def _ways(left: Condition, came: Condition) -> Iterator[tuple[Cause, Condition]]:
    if left is came:
        yield Cause.INSIDE, came
        return
    if left is not Condition.GOOD:
        yield Cause.RELEASED, left
    if came is not Condition.GOOD:
        yield Cause.HELD, came


def _adjusted(row: _Row) -> Iterator[_Step]:
    count, name, word = abs(row.units), str(row.place), f"{row.reason} {row.inventory_type}"
    if not count:
        return
    if row.condition is not Condition.GOOD:
        cause = Cause.HELD if row.units > 0 else Cause.RELEASED
        held_for = _HELD_FOR.get(row.condition.value, _HELD_FOR[ANY])
        yield _Step(name, word, row.sku, count, cause, held_for, row.condition)
    cause = Cause.ADJUSTED_UP if row.units > 0 else Cause.ADJUSTED_DOWN
    yield _Step(name, word, row.sku, count, cause, row.reason)


def _effect(reason: str, meaning: str) -> Effect:
    try:
        return Effect(meaning)
    except ValueError:
        choices = "|".join(Effect)
        why = f"correct the row `{reason}` in [tables.movement_causes.gxo] of fleet.toml: it may mean {choices}"
        raise Unmappable("movement_causes", str(meaning), why) from None


_TABLE = table("movements.toml")
_EFFECTS = {reason: _effect(reason, meaning) for reason, meaning in upper(_TABLE["effects"]).items()}
_HELD_FOR: Mapping[str, str] = _TABLE["held_for"]
