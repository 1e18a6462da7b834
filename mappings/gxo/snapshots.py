"""What a facility holds, read from an 846 (inventory inquiry/advice), and the sum that each SKU must keep.

Source: gxo.md 2.2.8 and 3.2. A snapshot that breaks its own rule is refused whole: a part of a count would
read as goods that are gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from mappings.canonical import Condition, StockLine
from mappings.canonical.advices import StockSnapshot
from mappings.errors import Unmappable, Unreadable
from mappings.gxo.conditions import Conditions, Words
from mappings.gxo.segments import CLOCK, Segments, counted, day, element, facility, first, head, loops, needed, sku

ORIGINAL = "00"  # BIA01
TOTAL = "17"
SUMMED = ("33", "27", "20")


def read_846(
    segments: Segments, *, told_at: datetime, own: Mapping[str, str] | None = None
) -> tuple[StockSnapshot, list[Unreadable]]:
    """Units by SKU and condition; every SKU has a row of good units, also one of which there are none.

    ``told_at`` is when GXO wrote the interchange: the snapshot's time where BIA05 tells none. ``own`` are the
    rows of ``[tables.stock_conditions.gxo]``. A quantity without a row counts as UNKNOWN, and stands among the
    unreadable by its qualifier, once.

    Raises:
        Unmappable: ``snapshot_unbalanced`` where 17 is not 33 + 27 + 20, where 17 is missing, where CTT counts
            other lines than there are, or there is none; ``unknown_status`` for what is no whole snapshot;
            ``fractional_quantity``, else ``unmappable``.
    """
    opening, conditions = head(segments, "BIA"), Conditions(own)
    if element(opening, 1) != ORIGINAL:
        why = "only a whole snapshot (00) is a count: ask GXO what this one is"
        raise Unmappable("BIA01", element(opening, 1), why, kind="unknown_status")
    units: Counter[tuple[str, Condition]] = Counter()
    troubles: dict[str, Unreadable] = {}
    number_of_lines = 0
    for loop in loops(segments, "LIN"):
        number_of_lines += 1
        code = sku(loop[0], 2, 4, 6)
        quantities = _quantities(loop)
        _check(code, quantities)
        units[code, Condition.GOOD] += 0
        for qualifier, count in quantities.items():
            if qualifier == TOTAL:
                continue
            if not count:
                continue
            judged = conditions.judge(Words.QUANTITY, qualifier)
            units[code, judged.condition] += count
            if judged.trouble is not None:
                troubles.setdefault(qualifier, Unreadable(qualifier, judged.trouble))
    _check_complete(segments, number_of_lines)
    snapshot = StockSnapshot(
        number=needed(opening, 3),
        facility=facility(segments),
        at=_at(segments, told_at),
        lines=tuple(StockLine(code, condition, n) for (code, condition), n in units.items()),
    )
    return snapshot, list(troubles.values())


def _quantities(loop: Segments) -> Counter[str]:
    quantities: Counter[str] = Counter()
    for segment in loop:
        if segment[:1] == ("QTY",):
            quantities[needed(segment, 1)] += counted(segment, 2, 3)
    return quantities


def _check(code: str, quantities: Mapping[str, int]) -> None:
    parts = sum(quantities.get(qualifier, 0) for qualifier in SUMMED)
    if TOTAL not in quantities or quantities[TOTAL] != parts:
        difference = f"17 is {quantities.get(TOTAL, 'missing')}, 33 + 27 + 20 is {parts}"
        why = f"{code}: ask GXO for a new snapshot of this facility; the last one that balanced stays"
        raise Unmappable("QTY02", difference, why, kind="snapshot_unbalanced")


def _check_complete(segments: Segments, number_of_lines: int) -> None:
    total = first(segments, "CTT")
    if not number_of_lines or (total and counted(total, 1) != number_of_lines):
        why = f"the snapshot has {number_of_lines} SKUs: ask GXO for a new one; the last one that balanced stays"
        raise Unmappable("CTT01", element(total, 1), why, kind="snapshot_unbalanced")


def _at(segments: Segments, told_at: datetime) -> datetime:
    opening = head(segments, "BIA")
    on, clock = day(opening, 4), element(opening, 5)
    if not clock:
        return told_at.astimezone(UTC)
    if not CLOCK.fullmatch(clock):
        raise Unmappable("BIA05", clock, "this is no time (HHMM): ask GXO for a new snapshot")
    taken_at = datetime(on.year, on.month, on.day, int(clock[:2]), int(clock[2:]), tzinfo=UTC)
    return min(taken_at, told_at.astimezone(UTC))
