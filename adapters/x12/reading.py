"""How an interchange is read: envelopes are checked against their own counts and numbers, set by set."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from adapters.x12.errors import X12Error
from adapters.x12.grammar import ENVELOPE, SEGMENT_ID, Delimiters
from adapters.x12.tokens import NUMBER, PADDING, Lines, Segment, isa_of, runs, same_number, segments_of

GS_ELEMENTS = 8
HEAD, TAIL = 256, 256  # bytes in which an ISA and an IEA stand
# GS04 and GS05: HHMM, with seconds and hundredths where given
NOTHING = Lines([], 1, "*")
WELL_BEGUN = re.compile(SEGMENT_ID.pattern)
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # what no element may hold: category Cc and Cs
STAMP = re.compile(r"([0-9]{8}) ([0-9]{4})([0-9]{2})?([0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an ISA says. ``usage`` is P (production) or T (test)."""

    control_number: int
    sender: str
    receiver: str
    usage: str


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """What stood between an ST and its SE, each segment as (id, element, …), empty elements as "".

    Empty elements at a segment's end and spaces at an element's end are left out: they say nothing. With an
    ``error`` the set must not be used; its segments are what could be made out.
    """

    id: str
    control_number: str
    group_control_number: str
    segments: Lines
    error: X12Error | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A functional group. ``at`` is GS04 and GS05 as UTC, None where they are no time.

    An error of the group itself (counts, numbers) is the error of each of its sets.
    """

    id: str
    control_number: str
    at: datetime | None
    sets: tuple[TransactionSet, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """A whole file, in the order of the file. ``usage`` is P (production) or T (test)."""

    name: str
    control_number: int
    sender: str
    receiver: str
    usage: str
    delimiters: Delimiters
    groups: tuple[Group, ...]

    @property
    def sets(self) -> tuple[TransactionSet, ...]:
        """The sets of all groups, malformed ones among them."""
        return tuple(one for group in self.groups for one in group.sets)


def read_interchange(data: bytes, name: str) -> Interchange:
    """One interchange from the bytes of the file ``name``, in UTF-8; separators come from its ISA.

    CR and LF may follow a terminator. A malformed set carries its error and its neighbours are whole; a group
    whose GE does not fit spoils its own sets only. Raises X12Error where the file itself cannot be trusted: no
    ISA, an IEA that is missing or does not fit, or segments outside of every group.
    """
    text = _text(data)
    isa, marks = isa_of(text, name)
    segments = segments_of(text, marks, name)
    last = segments.segment(len(segments) - 1)
    if last.id != "IEA":
        raise X12Error(name, last.position, last.id, 0, "the file ends without IEA, so it is cut off")
    groups = list(runs(segments[1:-1], "GS", "GE"))
    for opening, inner, _ in groups:
        if opening is None:
            stray = inner.segment(0)
            raise X12Error(name, stray.position, stray.id, 0, "stands outside of a group (GS to GE)")
    if not same_number(last.element(1), str(len(groups))):
        raise X12Error(
            name, last.position, "IEA", 1, f"counts {_shown(last.element(1))} groups, there are {len(groups)}"
        )
    if not same_number(last.element(2), isa[13]):
        raise X12Error(name, last.position, "IEA", 2, "the control number is not the ISA's (ISA13)")
    return Interchange(
        name=name,
        control_number=int(isa[13]),
        sender=isa[6].strip(),
        receiver=isa[8].strip(),
        usage=isa[15],
        delimiters=marks,
        groups=tuple(_group(opening, inner, closing, name) for opening, inner, closing in groups if opening),
    )


def envelope_of(data: bytes, name: str) -> Envelope:
    """The ISA of a file whose IEA is there and fits it, without a look at what stands between. Raises X12Error."""
    isa, marks = isa_of(_text(data[:HEAD]), name)
    tail = _text(data[-TAIL:]).rstrip(PADDING).removesuffix(marks.segment).rpartition(marks.segment)[2].lstrip("\r\n")
    closing = tail.split(marks.element)
    if closing[0] != "IEA" or not same_number(closing[-1].strip(), isa[13]):
        raise X12Error(name, 0, "IEA", 2, "the file does not end with the IEA of its ISA, so it is cut off")
    return Envelope(int(isa[13]), isa[6].strip(), isa[8].strip(), isa[15])


def _text(data: bytes) -> str:
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").lstrip("\r\n")


def _group(opening: Segment, inner: Lines, closing: Segment | None, name: str) -> Group:
    sets: list[TransactionSet] = []
    for run in runs(inner, "ST", "SE"):
        earlier = {one.control_number for one in sets}
        sets.append(_set(*run, opening.element(6), earlier, name))
    at = _stamp(opening)
    wrong = _group_error(opening, at, closing, sets, name)
    if wrong is not None:
        sets = [replace(one, error=one.error or wrong) for one in sets]
        sets = sets or [TransactionSet("", "", opening.element(6), NOTHING, wrong)]  # so that nobody overlooks it
    return Group(opening.element(1), opening.element(6), at, tuple(sets))


def _stamp(opening: Segment) -> datetime | None:
    parts = STAMP.fullmatch(f"{opening.element(4)} {opening.element(5)}")
    if parts is None:
        return None
    try:
        return datetime.strptime(f"{parts[1]}{parts[2]}{parts[3] or '00'}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _group_error(
    opening: Segment, at: datetime | None, closing: Segment | None, sets: list[TransactionSet], name: str
) -> X12Error | None:
    if len(opening.texts) != GS_ELEMENTS + 1 or at is None:
        wrong = 0 if len(opening.texts) != GS_ELEMENTS + 1 else 4
        return X12Error(name, opening.position, "GS", wrong, f"has not its {GS_ELEMENTS} elements, a date and a time")
    if closing is None:
        return X12Error(name, opening.position, "GS", 6, "the group has no GE")
    if not same_number(closing.element(2), opening.element(6)):
        return X12Error(name, closing.position, "GE", 2, "the control number is not the group's (GS06)")
    # A set that lost its ST or SE explains another count; its neighbours must not pay for it.
    if all(one.error is None for one in sets) and not same_number(closing.element(1), str(len(sets))):
        why = f"counts {_shown(closing.element(1))} sets, there are {len(sets)}"
        return X12Error(name, closing.position, "GE", 1, why)
    return None


def _set(
    opening: Segment | None,
    inner: Lines,
    closing: Segment | None,
    group: str,
    earlier: set[str],
    name: str,
) -> TransactionSet:
    if opening is None:
        first = inner.segment(0)
        stray = X12Error(name, first.position, first.id, 0, "stands outside of a transaction set (ST to SE)")
        return TransactionSet("", "", group, inner, stray)
    return TransactionSet(
        id=opening.element(1),
        control_number=opening.element(2),
        group_control_number=group,
        segments=inner,
        error=_segment_error(inner, name) or _envelope_error(opening, len(inner), closing, earlier, name),
    )


def _segment_error(segments: Lines, name: str) -> X12Error | None:
    """The first segment that cannot stand in a set. What is looked for is looked for in the line as a whole."""
    for place, line in enumerate(segments.lines):
        found = WELL_BEGUN.match(line)
        begun = found and line[found.end() : found.end() + 1] in ("", segments.mark, " ") and found[0] not in ENVELOPE
        if begun and not ODD.search(line):
            continue
        one = segments.segment(place)
        if not SEGMENT_ID.fullmatch(one.id) or one.id in ENVELOPE:
            return X12Error(name, one.position, one.id, 0, "cannot begin a segment of a transaction set")
        for number, text in enumerate(one.texts[1:], start=1):
            kinds = {unicodedata.category(letter) for letter in text}
            if "Cs" in kinds:
                return X12Error(name, one.position, one.id, number, "is not UTF-8")
            if "Cc" in kinds:
                return X12Error(name, one.position, one.id, number, "has a line break or control character in it")
    return None


def _envelope_error(
    opening: Segment, inner: int, closing: Segment | None, earlier: set[str], name: str
) -> X12Error | None:
    if not opening.element(1) or not opening.element(2):
        return X12Error(name, opening.position, "ST", 2 if opening.element(1) else 1, "is empty")
    if opening.element(2) in earlier:
        return X12Error(name, opening.position, "ST", 2, "the control number was used before in this group")
    if closing is None:
        return X12Error(name, opening.position, "ST", 0, "the set has no SE")
    if closing.element(2) != opening.element(2):
        return X12Error(name, closing.position, "SE", 2, "the control number is not the set's (ST02)")
    if not same_number(closing.element(1), str(inner + 2)):
        why = f"counts {_shown(closing.element(1))} segments, there are {inner + 2}"
        return X12Error(name, closing.position, "SE", 1, why)
    return None


def _shown(told: str) -> str:
    return told if NUMBER.fullmatch(told) else "something else than"
