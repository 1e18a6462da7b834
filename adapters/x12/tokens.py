"""How segments stand one behind the other with their positions, and fall into runs."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from adapters.x12.cut import Cut

NUMBER = re.compile(r"[0-9]{1,9}")


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

    def joined(self, between: str, between_elements: str) -> str:
        """All of them in one text, with other separators."""
        text = self.lines.joined(between) if isinstance(self.lines, Cut) else between.join(self.lines)
        return text.replace(self.mark, between_elements)

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


def runs(segments: Lines, opens: str, closes: str) -> Iterator[tuple[Segment | None, Lines, Segment | None]]:
    """Runs from an opening to its closing segment; one that is missing is None."""
    opening: int | None = None
    begin = 0
    for place in beginning(segments.lines, opens, closes):
        name = segments.lines[place].partition(segments.mark)[0].rstrip(" ")
        if name == opens:
            if opening is not None or place > begin:
                yield _at(segments, opening), segments[begin:place], None
            opening, begin = place, place + 1
        elif name == closes and opening is not None:
            yield _at(segments, opening), segments[begin:place], segments.segment(place)
            opening, begin = None, place + 1
    if opening is not None or len(segments) > begin:
        yield _at(segments, opening), segments[begin:], None


def beginning(lines: Sequence[str], *with_any: str) -> Iterator[int]:
    """The places of segments that begin with one of some texts, in their order."""
    if isinstance(lines, Cut):
        return lines.beginning(*with_any)
    return (place for place, line in enumerate(lines) if line.startswith(with_any))


def _at(segments: Lines, place: int | None) -> Segment | None:
    return None if place is None else segments.segment(place)


def same_number(stated: str, true: str) -> bool:
    """Whether both are numbers and equal; leading zeros do not count."""
    return bool(NUMBER.fullmatch(stated)) and bool(NUMBER.fullmatch(true)) and int(stated) == int(true)


def shown(count: str) -> str:
    """A count as it may be repeated in a message: what is no number may be a person's name."""
    return count if NUMBER.fullmatch(count) else "something else than"
