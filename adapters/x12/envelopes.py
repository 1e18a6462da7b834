"""When an interchange is whole, by its ISA, IEA and groups: asked by whoever counts numbers and whoever reads."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.x12.errors import X12Error
from adapters.x12.grammar import Delimiters
from adapters.x12.splitting import Piece, pieces_of
from adapters.x12.tokens import Lines, Segment, runs, same_number, shown

OUTSIDE = {"TA1", "TA3", "ISB", "ISE"}  # what X12.5 has between ISA and IEA beside groups
FILLING = " \t\0"  # what fills an element of the ISA up to its width: blanks, of some networks NUL
STRAY = "stands outside of a group (GS to GE)"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an ISA says. ``usage`` is P (production) or T (test)."""

    control_number: int
    sender: str
    receiver: str
    usage: str


@dataclass(frozen=True, slots=True)
class Whole:
    """An interchange whose IEA fits it: its groups, and what else stands between ISA and IEA."""

    isa: list[str]
    marks: Delimiters
    groups: list[tuple[Segment, Lines, Segment | None]]
    between: tuple[Segment, ...]


def only_one(pieces: list[Piece | X12Error], name: str) -> Whole:
    """The interchange of a file that should hold one. Raises X12Error for several, and as ``whole_of``."""
    if len(pieces) > 1:
        second = pieces[1]
        at = second.segments.first if isinstance(second, Piece) else second.position
        why = f"the file holds {len(pieces)} interchanges or parts of them where one is wanted"
        raise X12Error(name, at, "ISA", 0, why, "have the sender send each in a file of its own")
    return whole_of(pieces[0], name)


def whole_of(piece: Piece | X12Error, name: str) -> Whole:
    """A piece as the interchange that its own ISA and IEA promise. Raises X12Error where they do not fit."""
    if isinstance(piece, X12Error):
        raise piece
    segments = piece.segments
    last = segments.segment(len(segments) - 1)
    groups: list[tuple[Segment, Lines, Segment | None]] = []
    between: list[Segment] = []
    for opening, inner, closing in runs(segments[1:-1], "GS", "GE"):
        if opening is None:
            between += [inner.segment(place) for place in range(len(inner))]
        else:
            groups.append((opening, inner, closing))
    if not same_number(last.element(1), str(len(groups))):
        stray = next((one for one in between if one.id not in OUTSIDE), None)
        if stray is not None:
            raise X12Error(name, stray.position, stray.id, 0, STRAY)
        why = f"counts {shown(last.element(1))} groups, there are {len(groups)}"
        raise X12Error(name, last.position, "IEA", 1, why)
    if not same_number(last.element(2), piece.isa[13]):
        raise X12Error(name, last.position, "IEA", 2, "the control number is not the ISA's (ISA13)")
    return Whole(piece.isa, piece.marks, groups, tuple(between))


def envelope(isa: list[str]) -> Envelope:
    """What an ISA says that was found whole."""
    sender, receiver = (element.strip(FILLING) for element in (isa[6], isa[8]))
    return Envelope(int(isa[13]), sender, receiver, isa[15])


def envelopes_of(data: bytes, name: str) -> tuple[list[Envelope], list[X12Error]]:
    """What the ISAs of a file say, and what is wrong: the same interchanges as ``read_interchanges`` gives, without
    a look at the sets.
    """
    good: list[Envelope] = []
    bad: list[X12Error] = []
    for piece in pieces_of(data, name):
        try:
            good.append(envelope(whole_of(piece, name).isa))
        except X12Error as error:
            bad.append(error)
    return good, bad


def envelope_of(data: bytes, name: str) -> Envelope:
    """The ISA of a file that holds one interchange. Raises X12Error exactly where ``read_interchange`` does."""
    return envelope(only_one(list(pieces_of(data, name)), name).isa)
