"""How the bytes of a file fall into its ISA and numbered segments, and segments into runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapters.x12.errors import X12Error
from adapters.x12.grammar import ISA_LENGTH, ISA_WIDTHS, Delimiters, told_by

NUMBER = re.compile(r"[0-9]{1,9}")
PADDING = "\r\n\t \x1a\x00"  # what old transports leave behind the last terminator


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; ``position`` counts from the file's ISA, which is 1."""

    position: int
    texts: tuple[str, ...]

    @property
    def id(self) -> str:
        """What stands before the first separator, whether it is a segment's id or not."""
        return self.texts[0]

    def element(self, number: int) -> str:
        """An element by its number, "" where there is none."""
        return self.texts[number] if number < len(self.texts) else ""


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


def segments_of(text: str, marks: Delimiters, name: str) -> list[Segment]:
    """Every segment of the file, the ISA by its id only. Raises X12Error for text behind the last terminator."""
    *raws, rest = text.split(marks.segment)
    lines = [raw.lstrip("\r\n") for raw in raws]
    if marks.segment in "\r\n":
        lines = [line for line in lines if line]
    found = [
        Segment(position, _trimmed(line.split(marks.element)) if position > 1 else ("ISA",))
        for position, line in enumerate(lines, start=1)
    ]
    if rest.strip(PADDING):
        raise X12Error(name, len(found) + 1, "", 0, "has no terminator, so the file is cut off")
    return found


def _trimmed(texts: Iterable[str]) -> tuple[str, ...]:
    kept = [text.rstrip(" ") for text in texts]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return tuple(kept)


def runs(
    segments: list[Segment], opens: str, closes: str
) -> Iterator[tuple[Segment | None, list[Segment], Segment | None]]:
    """Runs from an opening to its closing segment; one that is missing is None."""
    opening: Segment | None = None
    inner: list[Segment] = []
    for segment in segments:
        if segment.id == opens:
            if opening or inner:
                yield opening, inner, None
            opening, inner = segment, []
        elif segment.id == closes and opening:
            yield opening, inner, segment
            opening, inner = None, []
        else:
            inner.append(segment)
    if opening or inner:
        yield opening, inner, None


def same_number(told: str, true: str) -> bool:
    """Whether both are numbers and equal; leading zeros do not count."""
    return bool(NUMBER.fullmatch(told)) and bool(NUMBER.fullmatch(true)) and int(told) == int(true)
