"""How bytes become groups and transaction sets, and which of X12's envelope rules they broke."""

from __future__ import annotations

from dataclasses import dataclass, field

Segment = tuple[str, ...]

ISA_LENGTH = 106  # characters, with the terminator


class Unreadable(ValueError):
    """There is no ISA to start from."""


@dataclass
class Set:
    """A transaction set, ST and SE included. ``fault`` is a code of element 718 (AK502), empty where all is well."""

    id: str
    number: str
    segments: list[Segment]
    fault: str = ""


@dataclass
class Group:
    """A functional group. ``fault`` is a code of element 716 (AK905)."""

    id: str
    number: str
    sets: list[Set] = field(default_factory=list)
    stated: str = "0"
    fault: str = "3"  # the trailer is missing, until it is met


@dataclass
class Interchange:
    """One ISA to IEA. ``fault`` is prose."""

    sender: str
    receiver: str
    number: str
    groups: list[Group] = field(default_factory=list)
    fault: str = "the IEA is missing"


def read(data: bytes) -> Interchange:
    """Separators come from the ISA; CR and LF around segments do not matter (profile 2.2)."""
    try:
        text = data.decode().lstrip()
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8") from error
    if len(text) < ISA_LENGTH or not text.startswith("ISA"):
        raise Unreadable("does not begin with an ISA of 106 characters")
    between, terminator = text[3], text[ISA_LENGTH - 1]
    header = text[: ISA_LENGTH - 1].split(between)
    if len(header) != 17 or not header[13].isdigit():  # noqa: PLR2004 -- ISA and its 16 elements
        raise Unreadable("has an ISA without 16 elements and a control number")
    got = Interchange(header[6].strip(), header[8].strip(), header[13])
    pieces = (piece.strip("\r\n") for piece in text[ISA_LENGTH:].split(terminator))
    segments = [tuple(piece.split(between)) for piece in pieces if piece.strip()]
    _arrange(got, segments)
    return got


def _arrange(got: Interchange, segments: list[Segment]) -> None:
    group: Group | None = None
    one: Set | None = None
    for segment in segments:
        name = segment[0]
        if name == "GS":
            group, one = Group(_at(segment, 1), _at(segment, 6)), None
            got.groups.append(group)
        elif name == "ST" and group is not None:
            one = Set(_at(segment, 1), _at(segment, 2), [segment], fault="2")
            group.sets.append(one)
        elif name == "SE" and one is not None:
            one.segments.append(segment)
            one.fault = _trailer(one, segment)
            one = None
        elif name == "GE" and group is not None:
            _end(group, segment)
            group = one = None
        elif name == "IEA":
            right = _at(segment, 1) == str(len(got.groups)) and _at(segment, 2) == got.number
            got.fault = "" if right else "the IEA's count or control number is wrong"
        elif one is not None:
            one.segments.append(segment)
        else:
            got.fault = f"{name} stands outside of a transaction set"
            return


def _trailer(one: Set, segment: Segment) -> str:
    if _at(segment, 2) != one.number:
        return "3"
    return "" if _at(segment, 1) == str(len(one.segments)) else "4"


def _end(group: Group, segment: Segment) -> None:
    group.stated = _at(segment, 1)
    if _at(segment, 2) != group.number:
        group.fault = "4"
    else:
        group.fault = "" if group.stated == str(len(group.sets)) else "5"


def _at(segment: Segment, position: int) -> str:
    return segment[position] if len(segment) > position else ""
