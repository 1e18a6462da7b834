"""What a translator looks at before any person sees a set: known segments, mandatory elements, types, lengths.

The reasons are those of a 997: element 720 for segments (AK304), 723 for elements (AK403).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.gxo.sandbox.interchange import Segment, Set

UNSUPPORTED_SET, SEGMENTS_IN_ERROR = "1", "5"
UNEXPECTED, MISSING_SEGMENT, BAD_ELEMENTS = "2", "3", "8"
MISSING, TOO_LONG, BAD_CHARACTER, BAD_CODE, BAD_DATE = "1", "5", "6", "7", "8"

# What an element may look like: pattern, and the reason if it does not.
KINDS = {
    "AN": (r".*", BAD_CHARACTER),
    "N0": (r"-?\d+", BAD_CHARACTER),
    "DT": (r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", BAD_DATE),
    "PURPOSE": (r"[NRF]", BAD_CODE),
}
# (segment, element) -> number in the dictionary, kind, longest, mandatory. Lengths: profile 2.2.1 and 2.2.5.
ELEMENTS = {
    ("W05", 1): ("473", "PURPOSE", 1, True),
    ("W05", 2): ("285", "AN", 22, True),
    ("W05", 3): ("324", "AN", 22, False),
    ("N1", 1): ("98", "AN", 3, True),
    ("N1", 2): ("93", "AN", 60, False),
    ("N3", 1): ("166", "AN", 55, True),
    ("N3", 2): ("166", "AN", 55, False),
    ("N4", 1): ("19", "AN", 30, False),
    ("N4", 3): ("116", "AN", 15, False),
    ("N4", 4): ("26", "AN", 3, False),
    ("N9", 1): ("128", "AN", 3, True),
    ("N9", 2): ("127", "AN", 30, False),
    ("G62", 2): ("373", "DT", 8, True),
    ("W66", 1): ("146", "AN", 2, True),
    ("W66", 5): ("387", "AN", 35, False),
    ("LX", 1): ("554", "N0", 6, True),
    ("W01", 1): ("330", "N0", 9, True),
    ("W01", 2): ("355", "AN", 2, True),
    ("W01", 5): ("234", "AN", 48, False),
    ("W76", 1): ("329", "N0", 10, True),
    ("W06", 1): ("514", "AN", 1, True),
    ("W06", 2): ("285", "AN", 22, True),
    ("W06", 3): ("373", "DT", 8, True),
    ("W04", 1): ("382", "N0", 10, True),
    ("W04", 2): ("355", "AN", 2, True),
    ("W04", 5): ("234", "AN", 48, False),
    ("W03", 1): ("382", "N0", 10, True),
}
MAY_STAND = {
    "940": {"W05", "N1", "N2", "N3", "N4", "N9", "G61", "G62", "NTE", "W66", "LX", "W01", "G69", "W20", "W76"},
    "943": {"W06", "N1", "N2", "N3", "N4", "N9", "G61", "G62", "NTE", "W27", "W04", "G69", "W20", "W03"},
}
MUST_STAND = {"940": ("W05", "N1", "W66", "W01", "W76"), "940F": ("W05", "N1"), "943": ("W06", "N1", "W04", "W03")}


@dataclass(frozen=True)
class Complaint:
    """An AK3 with the AK4 under it. Positions count from the ST as 1."""

    segment: str
    position: int
    code: str
    elements: tuple[tuple[int, str, str, str], ...] = ()  # position, dictionary number, reason, copy


def check(one: Set) -> tuple[str, list[Complaint]]:
    """The AK502 code, empty where the set is fit to be read, and what is wrong with its segments."""
    if one.id not in MAY_STAND:
        return UNSUPPORTED_SET, []
    if one.fault:
        return one.fault, []
    complaints = list(_complaints(one))
    return (SEGMENTS_IN_ERROR if complaints else ""), complaints


def _complaints(one: Set) -> Iterator[Complaint]:
    inner = one.segments[1:-1]
    for position, segment in enumerate(inner, start=2):
        if segment[0] not in MAY_STAND[one.id]:
            yield Complaint(segment[0], position, UNEXPECTED)
        elif wrong := tuple(_wrong(segment)):
            yield Complaint(segment[0], position, BAD_ELEMENTS, wrong)
    cancels = inner[:1] and inner[0][0] == "W05" and inner[0][1:2] == ("F",)
    there = {segment[0] for segment in inner}
    for name in MUST_STAND["940F" if cancels else one.id]:
        if name not in there:
            yield Complaint(name, len(one.segments), MISSING_SEGMENT)


def _wrong(segment: Segment) -> Iterator[tuple[int, str, str, str]]:
    for (name, position), (number, kind, longest, mandatory) in ELEMENTS.items():
        if name != segment[0]:
            continue
        text = segment[position] if len(segment) > position else ""
        pattern, reason = KINDS[kind]
        if not text:
            if mandatory:
                yield position, number, MISSING, ""
        elif len(text) > longest:
            yield position, number, TOO_LONG, text[:99]
        elif not re.fullmatch(pattern, text):
            yield position, number, reason, text
