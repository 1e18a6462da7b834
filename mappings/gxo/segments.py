"""How single elements stand in GXO's X12 sets: texts, whole units, days, products by qualifier, groups of segments.

A set is a sequence of segments between ST and SE, each a tuple of text: the segment's id, then its
elements, "" where one is empty (X12 4010; gxo.md 2.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from itertools import pairwise

from mappings.errors import Unmappable
from mappings.quantities import believable
from mappings.text import is_placeholder

Segment = tuple[str, ...]
Segments = Sequence[Segment]

NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})")
DAY = re.compile(r"20[0-9]{6}")
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9][0-9]{0,2})?")
BETWEEN_SEGMENTS, BETWEEN_ELEMENTS = "\x1e", "\x1f"  # in a set that was taken out of its file: no data may hold them
SKU = "SK"
SEPARATORS = frozenset("*~>")
EACH = "EA"
PLAIN = 10  # digits: the longest quantity has one less


def element(segment: Segment, place: int) -> str:
    """The element at a place of the vendor's counting (1 is the first); empty where the segment ends before it."""
    return segment[place].strip() if len(segment) > place else ""


def needed(segment: Segment, place: int) -> str:
    """An element that must be there. Raises Unmappable naming it, for example ``W1703``."""
    value = element(segment, place)
    if not value:
        raise Unmappable(_name(segment, place), "", "GXO left out what the profile demands: ask GXO to send it again")
    if is_placeholder(value):
        raise Unmappable(_name(segment, place), value, "this stands for no value: ask GXO to send it again")
    return value


def first(segments: Segments, name: str, qualifier: str = "") -> Segment:
    """The first segment of a name, with its first element where a qualifier is asked for; empty where there is none."""
    return next((s for s in segments if s[:1] == (name,) and qualifier in ("", element(s, 1))), ())


def head(segments: Segments, name: str) -> Segment:
    """The segment that such a set begins with. Raises Unmappable where it is missing."""
    found = first(segments, name)
    if not found:
        raise Unmappable(name, "", f"the set has no {name}: it is none of this kind, or GXO cut it short")
    return found


def loops(segments: Segments, name: str) -> Iterator[Segments]:
    """Every segment of a name with what follows it up to the next one."""
    starts = [n for n, segment in enumerate(segments) if segment[:1] == (name,)]
    for begin, end in pairwise([*starts, len(segments)]):
        yield segments[begin:end]


def note(segments: Segments, word: str) -> str:
    """The text of ``N9*ZZ*<word>*text``; empty where there is none."""
    return next((element(s, 3) for s in segments if s[:1] == ("N9",) and _named(s) == ("ZZ", word)), "")


def facility(segments: Segments) -> str:
    """The facility that a set speaks of: ``N1*WH``. Raises Unmappable where it names none."""
    return needed(first(segments, "N1", "WH") or ("N1",), 4)


def sku(segment: Segment, *places: int) -> str:
    """The product behind the qualifier SK, which stands at one of the places. Raises Unmappable."""
    for place in places:
        if element(segment, place).upper() == SKU:
            return needed(segment, place + 1)
    raise Unmappable(
        _name(segment, places[0]), element(segment, places[0]), "no SKU (qualifier SK): ask GXO to name it"
    )


def units(segment: Segment, place: int, unit: int = 0) -> int:
    """Whole units, signed. ``unit`` is the place of the unit of measure, which must be EA where it stands.

    Raises:
        Unmappable: ``fractional_quantity`` for a part of a unit, else ``unmappable``.
    """
    value = needed(segment, place)
    each = not unit or element(segment, unit) in ("", EACH)
    if each and value.isdigit() and value.isascii() and len(value) < PLAIN:
        believable(_name(segment, place), value, int(value))
        return int(value)  # as nearly all are
    if not NUMBER.fullmatch(value):
        raise Unmappable(_name(segment, place), value, "this is no quantity: ask GXO to send the set again")
    if Decimal(value) != int(Decimal(value)):
        why = "Khaos counts whole units: agree with GXO to count this SKU in eaches"
        raise Unmappable(_name(segment, place), value, why, kind="fractional_quantity")
    if unit and element(segment, unit).upper() not in ("", EACH):
        why = "quantities are eaches (EA): agree the unit of measure of this SKU with GXO"
        raise Unmappable(_name(segment, unit), element(segment, unit), why)
    believable(_name(segment, place), value, Decimal(value))
    return int(Decimal(value))


def counted(segment: Segment, place: int, unit: int = 0) -> int:
    """Whole units, zero or more. Raises Unmappable as ``units`` does, and for what is below zero."""
    count = units(segment, place, unit)
    if count < 0:
        raise Unmappable(_name(segment, place), str(count), "below zero: ask GXO to correct it")
    return count


def day(segment: Segment, place: int) -> date:
    """A facility's local day (CCYYMMDD). Raises Unmappable."""
    value = needed(segment, place)
    try:
        if DAY.fullmatch(value):
            return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        pass
    raise Unmappable(_name(segment, place), value, "this is no day (CCYYMMDD): ask GXO to send the set again")


def identity(field: str, value: str, longest: int) -> str:
    """A name that must arrive as it is: the profile takes the separators out of data, which would make it another.

    Raises Unmappable for one that is empty, too long, or holds a separator or a control character.
    """
    if not 0 < len(value) <= longest or SEPARATORS & set(value) or not value.isprintable() or value != value.strip():
        why = f"GXO takes 1 to {longest} characters without * ~ > and spaces around: change it in Khaos"
        raise Unmappable(field, value, why)
    return value


def latest(on: date, told_at: datetime, zone: tzinfo) -> datetime:
    """The last moment of a facility's day that was over when GXO wrote the set: a set names days, never times."""
    return min(datetime.combine(on, time.max, tzinfo=zone).astimezone(UTC), told_at.astimezone(UTC))


def _named(segment: Segment) -> tuple[str, str]:
    return element(segment, 1), element(segment, 2).upper()


def _name(segment: Segment, place: int) -> str:
    return f"{segment[0] if segment else ''}{place:02d}"
