"""What is wrong with a group or a set: its counts, its numbers, its time, and characters that no element may hold."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache

from adapters.x12.cut import Cut
from adapters.x12.errors import X12Error
from adapters.x12.grammar import ENVELOPE, SEGMENT_ID
from adapters.x12.splitting import PLAIN_ELEMENT
from adapters.x12.tokens import Lines, Segment, same_number, shown

GS_ELEMENTS = 8
WELL_BEGUN = re.compile(SEGMENT_ID.pattern)
ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # what no element may hold: category Cc and Cs
ODD_BUT_MARK = re.compile(r"[\x00-\x1e\x7f-\x9f\ud800-\udfff]")
# GS04 and GS05: HHMM, with seconds and hundredths where given
STAMP = re.compile(r"([0-9]{8}) ([0-9]{4})([0-9]{2})?([0-9]{1,2})?")


def stamp(opening: Segment) -> datetime | None:
    """GS04 and GS05 as UTC, None where they are no time; 2400 is the end of its day, a leap second the one before."""
    parts = STAMP.fullmatch(f"{opening.element(4)} {opening.element(5)}")
    if parts is None:
        return None
    end_of_day = parts[2] == "2400" and int(parts[3] or 0) == 0
    clock = "0000" if end_of_day else parts[2]
    second = "59" if parts[3] == "60" else parts[3] or "00"
    try:
        found = datetime.strptime(f"{parts[1]}{clock}{second}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return found + timedelta(days=end_of_day)
    except (ValueError, OverflowError):
        return None


def group_error(
    opening: Segment, at: datetime | None, closing: Segment | None, sets: int, *, whole: bool, name: str
) -> X12Error | None:
    """What is wrong with a group of ``sets`` sets; ``whole`` says that each of them is."""
    if len(opening.texts) != GS_ELEMENTS + 1 or at is None:
        wrong = 0 if len(opening.texts) != GS_ELEMENTS + 1 else 4
        return X12Error(name, opening.position, "GS", wrong, f"has not its {GS_ELEMENTS} elements, a date and a time")
    if closing is None:
        return X12Error(name, opening.position, "GS", 6, "the group has no GE")
    if not same_number(closing.element(2), opening.element(6)):
        return X12Error(name, closing.position, "GE", 2, "the control number is not the group's (GS06)")
    # A set that lost its ST or SE explains another count; its neighbours must not pay for it.
    if whole and not same_number(closing.element(1), str(sets)):
        why = f"counts {shown(closing.element(1))} sets, there are {sets}"
        return X12Error(name, closing.position, "GE", 1, why)
    return None


def segment_error(segments: Lines, name: str) -> X12Error | None:
    """The first segment that cannot stand in a set. What is looked for is looked for in the line as a whole."""
    odd = ODD_BUT_MARK if segments.mark == PLAIN_ELEMENT else ODD
    lines = segments.lines
    if (
        isinstance(lines, Cut)
        and lines
        and not lines.found(odd)
        and not lines.found(_ill_begun(lines.end, segments.mark))
    ):
        segments = segments[:1]  # as nearly always: no other has to be looked at
    for place, line in enumerate(segments.lines):
        found = WELL_BEGUN.match(line)
        begun = found and line[found.end() : found.end() + 1] in ("", segments.mark, " ") and found[0] not in ENVELOPE
        if begun and not odd.search(line):
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


@cache
def _ill_begun(end: str, mark: str) -> re.Pattern[str]:
    """The end of a segment behind which none begins that may stand in a set."""
    after = f"(?:[{re.escape(mark)} {re.escape(end)}]|\\Z)"
    return re.compile(f"{re.escape(end)}(?!(?!(?:{'|'.join(sorted(ENVELOPE))}){after}){SEGMENT_ID.pattern}{after})")


def envelope_error(
    opening: Segment, inner: int, closing: Segment | None, earlier: set[str], name: str
) -> X12Error | None:
    """What is wrong with the ST or SE around ``inner`` segments."""
    if not opening.element(1) or not opening.element(2):
        return X12Error(name, opening.position, "ST", 2 if opening.element(1) else 1, "is empty")
    if opening.element(2) in earlier:
        return X12Error(name, opening.position, "ST", 2, "the control number was used before in this group")
    if closing is None:
        return X12Error(name, opening.position, "ST", 0, "the set has no SE")
    if closing.element(2) != opening.element(2):
        return X12Error(name, closing.position, "SE", 2, "the control number is not the set's (ST02)")
    if not same_number(closing.element(1), str(inner + 2)):
        why = f"counts {shown(closing.element(1))} segments, there are {inner + 2}"
        return X12Error(name, closing.position, "SE", 1, why)
    return None
