"""How the bytes of a file fall into its ISA and numbered segments, and segments into runs."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from adapters.x12.errors import X12Error
from adapters.x12.grammar import ISA_LENGTH, ISA_WIDTHS, Delimiters, told_by

NUMBER = re.compile(r"[0-9]{1,9}")
PADDING = "\r\n\t \x1a\x00"  # what old transports leave behind the last terminator


Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; ``position`` counts from the file's ISA, which is 1."""

    position: int
    texts: Texts

    @property
    def id(self) -> str:
        """What stands before the first separator, whether it is a segment's id or not."""
        return self.texts[0]

    def element(self, number: int) -> str:
        """An element by its number, "" where there is none."""
        return self.texts[number] if number < len(self.texts) else ""


@dataclass(frozen=True, slots=True, eq=False)
class Lines(Sequence[Texts]):
    """Segments one behind the other, taken apart only when they are looked at: a snapshot has half a million.

    ``first`` is the position of the first of them; ``mark`` separates elements. Equal to any sequence of the
    same texts.
    """

    lines: Sequence[str]
    first: int
    mark: str

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, place: int) -> Texts: ...
    @overload
    def __getitem__(self, place: slice) -> Lines: ...
    def __getitem__(self, place: int | slice) -> Texts | Lines:
        if isinstance(place, slice):
            return Lines(self.lines[place], self.first + place.indices(len(self.lines))[0], self.mark)
        return texts_of(self.lines[place], self.mark)

    def __iter__(self) -> Iterator[Texts]:
        mark = self.mark
        return (texts_of(line, mark) for line in self.lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(other) == len(self) and all(map(operator.eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self.lines))

    def segment(self, place: int) -> Segment:
        """One of them with its position."""
        return Segment(self.first + place, self[place])


def texts_of(line: str, mark: str) -> Texts:
    """A segment's id and its elements, without spaces at an element's end and empty elements at the segment's."""
    kept = line.split(mark)
    if " " in line:
        kept = [text.rstrip(" ") for text in kept]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return tuple(kept)


def isa_of(text: str, name: str) -> tuple[list[str], Delimiters]:
    """The ISA's elements by number (0 is its id) and what separates. Raises X12Error for what is no ISA."""
    isa = text[:ISA_LENGTH]
    if len(isa) < ISA_LENGTH or not isa.startswith("ISA") or not isa.isascii() or isa[-1] in isa[:-1]:
        raise X12Error(name, 1, "ISA", 0, f"the file does not begin with an ISA of {ISA_LENGTH} characters")
    try:
        marks = told_by(isa)
    except ValueError as error:
        raise X12Error(name, 1, "ISA", 16, str(error)) from None
    elements = isa[: ISA_LENGTH - 1].split(marks.element)
    widths = tuple(len(one) for one in elements[1:])
    if widths != ISA_WIDTHS:
        odd = next((n for n, pair in enumerate(zip(widths, ISA_WIDTHS, strict=False), 1) if pair[0] != pair[1]), 0)
        raise X12Error(name, 1, "ISA", odd, "has not the fixed width")
    return elements, marks


def segments_of(text: str, marks: Delimiters, name: str) -> Lines:
    """Every segment of the file, its ISA first. Raises X12Error for text behind the last terminator."""
    *raws, rest = text.split(marks.segment)
    lines = [raw.lstrip("\r\n") for raw in raws]
    if marks.segment in "\r\n":
        lines = [line for line in lines if line]
    if rest.strip(PADDING):
        raise X12Error(name, len(lines) + 1, "", 0, "has no terminator, so the file is cut off")
    return Lines(lines, 1, marks.element)


def runs(segments: Lines, opens: str, closes: str) -> Iterator[tuple[Segment | None, Lines, Segment | None]]:
    """Runs from an opening to its closing segment; one that is missing is None."""
    opening: int | None = None
    begin = 0
    for place, line in enumerate(segments.lines):
        if not line.startswith((opens, closes)):
            continue
        name = line.partition(segments.mark)[0].rstrip(" ")
        if name == opens:
            if opening is not None or place > begin:
                yield _at(segments, opening), segments[begin:place], None
            opening, begin = place, place + 1
        elif name == closes and opening is not None:
            yield _at(segments, opening), segments[begin:place], segments.segment(place)
            opening, begin = None, place + 1
    if opening is not None or len(segments) > begin:
        yield _at(segments, opening), segments[begin:], None


def _at(segments: Lines, place: int | None) -> Segment | None:
    return None if place is None else segments.segment(place)


def same_number(told: str, true: str) -> bool:
    """Whether both are numbers and equal; leading zeros do not count."""
    return bool(NUMBER.fullmatch(told)) and bool(NUMBER.fullmatch(true)) and int(told) == int(true)
