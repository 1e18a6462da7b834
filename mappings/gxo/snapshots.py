"""What a facility holds, read from an 846 (inventory inquiry/advice), and the sum that each SKU must keep.

Source: gxo.md 2.2.8 and 3.2. A snapshot that breaks its own rule is refused whole: a part of a count would
read as goods that are gone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial

from mappings.canonical import Condition, StockLine
from mappings.canonical.advices import StockSnapshot
from mappings.errors import Unmappable, Unreadable
from mappings.gxo.conditions import Conditions, Judged, Words
from mappings.gxo.segments import (
    BETWEEN_ELEMENTS,
    BETWEEN_SEGMENTS,
    CLOCK,
    Segment,
    Segments,
    counted,
    day,
    element,
    facility,
    first,
    head,
    needed,
    sku,
)
from mappings.text import NO_VALUE

ORIGINAL = "00"  # BIA01
TOTAL = "17"
SUMMED = ("33", "27", "20")
S, E = BETWEEN_SEGMENTS.encode(), BETWEEN_ELEMENTS.encode()
# A line as nearly all are: its SKU, and its quantities in eaches; what else stands among them does not count.
PLAIN = re.compile(
    rb"LIN%(e)s[^%(s)s%(e)s]*%(e)sSK%(e)s([!-~](?:[ -~]*[!-~])?)(?:%(e)s[^%(s)s]*)?"
    rb"((?:%(s)s(?:QTY%(e)s[0-9A-Z]{2}%(e)s[0-9]{1,8}(?:%(e)sEA)?|(?!QTY|LIN|BIA|N1|CTT)[^%(s)s]*))*)"
    rb"(?:%(s)s(?=LIN%(e)s)|(?:%(s)sCTT[^%(s)s]*)?\Z)" % {b"s": S, b"e": E}
)
QUANTITY = re.compile(rb"(?:\A|%(s)s)QTY%(e)s([0-9A-Z]{2})%(e)s([0-9]{1,8})" % {b"s": S, b"e": E})
NEXT = re.compile(rb"%(s)sLIN *(?=[%(s)s%(e)s]|\Z)" % {b"s": S, b"e": E})
OUTSIDE = re.compile(rb"%(s)s((?:BIA|N1|CTT) *(?=[%(s)s%(e)s]|\Z)[^%(s)s]*)" % {b"s": S, b"e": E})


def read_846(
    segments: Segments, *, told_at: datetime, own: Mapping[str, str] | None = None
) -> tuple[StockSnapshot, list[Unreadable]]:
    """Units by SKU and condition, each once; every SKU has a row of good units, also one of which there are none.

    ``told_at``, ``own`` and what is raised: as ``open_846``, of which this reads all lines.
    """
    wire = S.join(E.join(text.encode("utf-8", "surrogateescape") for text in segment) for segment in segments)
    snapshot, bad = open_846(wire, told_at=told_at, own=own)
    units: Counter[tuple[str, Condition]] = Counter()
    for line in snapshot.lines:
        units[line.sku, Condition.GOOD] += 0  # first
        units[line.sku, line.condition] += line.units
    return replace(snapshot, lines=tuple(StockLine(*place, n) for place, n in units.items())), bad


def open_846(
    wire: bytes, begin: int = 0, *, told_at: datetime, own: Mapping[str, str] | None = None
) -> tuple[StockSnapshot, list[Unreadable]]:
    """A snapshot whose lines are read one by one as they are asked for: a building has a hundred thousand.

    ``wire`` has from ``begin`` on the set's segments, parted by ``BETWEEN_SEGMENTS`` and ``BETWEEN_ELEMENTS``. A SKU
    may stand in several lines, which add up. ``told_at`` is when GXO wrote the interchange: the snapshot's time where
    BIA05 tells none. ``own`` are the rows of ``[tables.stock_conditions.gxo]``. A quantity without a row counts as
    UNKNOWN, and stands among the unreadable by its qualifier, once; they are all there with the last line.

    Raises, here or with a line:
        Unmappable: ``snapshot_unbalanced`` where 17 is not 33 + 27 + 20, where 17 is missing, where CTT counts
            other lines than there are, or there is none; ``unknown_status`` for what is no whole snapshot;
            ``fractional_quantity``, else ``unmappable``. Nothing of the snapshot may be used then.
    """
    begun = wire.find(S, begin)
    around = [_segment(wire[begin : begun if begun >= 0 else len(wire)])]
    around += [_segment(found[1]) for found in OUTSIDE.finditer(wire, begin)]
    opening, conditions = head(around, "BIA"), Conditions(own)
    if element(opening, 1) != ORIGINAL:
        why = "only a whole snapshot (00) is a count: ask GXO what this one is"
        raise Unmappable("BIA01", element(opening, 1), why, kind="unknown_status")
    troubles: list[Unreadable] = []
    snapshot = StockSnapshot(
        number=needed(opening, 3),
        facility=facility(around),
        at=_at(around, told_at),
        lines=_lines(wire, begin, around, conditions, troubles),
    )
    return snapshot, troubles


def _segment(wire: bytes) -> Segment:
    """One segment, without spaces at an element's end."""
    return tuple(text.rstrip(" ") for text in wire.decode("utf-8", "surrogateescape").split(BETWEEN_ELEMENTS))


def _lines(
    wire: bytes, begin: int, around: Segments, conditions: Conditions, troubles: list[Unreadable]
) -> Iterator[StockLine]:
    judge = cache(partial(conditions.judge, Words.QUANTITY))
    number_of_lines = 0
    found = NEXT.search(wire, begin)
    at, end = found.start() + len(S) if found else len(wire), len(wire)
    while at < end:
        number_of_lines += 1
        quantities: dict[str, int]
        plain = PLAIN.match(wire, at)
        code = plain[1].decode() if plain else ""
        if plain and code.lower() not in NO_VALUE:
            at, quantities = plain.end(), {}
            for qualifier, units in QUANTITY.findall(plain[2]):
                word = qualifier.decode()
                quantities[word] = quantities.get(word, 0) + int(units)
        else:
            found = NEXT.search(wire, at)
            stop = found.start() if found else end
            loop = [_segment(one) for one in wire[at:stop].split(S)]
            at = stop + len(S)
            code, quantities = sku(loop[0], 2, 4, 6), _quantities(loop)
        _check(code, quantities)
        yield from _units(code, quantities, judge, troubles)
    _check_complete(around, number_of_lines)


def _units(
    code: str, quantities: Mapping[str, int], judge: Callable[[str], Judged], troubles: list[Unreadable]
) -> Iterator[StockLine]:
    """The units in each condition that has any, and those that are good: also none."""
    good = 0
    for qualifier, count in quantities.items():
        if qualifier == TOTAL or not count:
            continue
        judged = judge(qualifier)
        if judged.condition is Condition.GOOD:
            good += count
        else:
            yield StockLine(code, judged.condition, count)
        if judged.trouble is not None and all(one.subject != qualifier for one in troubles):
            troubles.append(Unreadable(qualifier, judged.trouble))
    yield StockLine(code, Condition.GOOD, good)


def _quantities(loop: Segments) -> Counter[str]:
    quantities: Counter[str] = Counter()
    for segment in loop:
        if segment[:1] == ("QTY",):
            quantities[needed(segment, 1)] += counted(segment, 2, 3)
    return quantities


def _check(code: str, quantities: Mapping[str, int]) -> None:
    free, committed, unfit = SUMMED
    parts = quantities.get(free, 0) + quantities.get(committed, 0) + quantities.get(unfit, 0)
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
