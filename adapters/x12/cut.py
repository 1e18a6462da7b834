"""Segments in one text, taken out only when they are looked at: of half a million only where each begins is kept."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Self, overload

AT_ONCE = 1 << 18  # characters that are taken apart together


class Cut(Sequence[str]):
    """The segments of ``text``, each of which ``end`` closes but for the last."""

    __slots__ = ("_before", "_from", "_to", "end", "text")

    def __init__(self, text: str, end: str) -> None:
        """``end`` is one character."""
        self.text, self.end = text, end
        # characters of all segments before each: with so many ends between them, where it begins
        self._before = array("L", [0])
        at = 0
        while at <= len(text):
            stop = text.find(end, at + AT_ONCE)
            some = text[at : stop if stop >= 0 else len(text)].split(end)
            self._before.extend(list(accumulate(map(len, some), initial=self._before[-1]))[1:])
            at = (stop if stop >= 0 else len(text)) + 1
        self._from, self._to = 0, len(self._before) - 1

    def __len__(self) -> int:
        return self._to - self._from

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> str | Self:
        if isinstance(place, slice):
            begin, stop, step = place.indices(len(self))
            if step != 1:
                raise ValueError("segments are cut out one behind the other")
            part = object.__new__(type(self))
            part.text, part.end, part._before = self.text, self.end, self._before
            part._from, part._to = self._from + begin, self._from + max(begin, stop)
            return part
        number = range(len(self))[place] + self._from  # raises IndexError
        return self.text[self._start(number) : self._before[number + 1] + number]

    def __iter__(self) -> Iterator[str]:
        for begin in range(0, len(self), AT_ONCE // 64):
            some = self[begin : begin + AT_ONCE // 64]
            yield from some.joined().split(self.end)

    def joined(self, between: str | None = None) -> str:
        """All of them in one text, with ``between`` in place of the ends."""
        if not len(self):
            return ""
        text = self.text[self._start(self._from) : self._before[self._to] + self._to - 1]
        return text if between is None else text.replace(self.end, between)

    def beginning(self, *with_any: str) -> Iterator[int]:
        """The places of those that begin with one of some texts, in their order."""
        if len(self) and self[0].startswith(with_any):
            yield 0
        wanted = re.compile(re.escape(self.end) + "(?:" + "|".join(map(re.escape, with_any)) + ")")
        if len(self):
            stop = self._before[self._to] + self._to - 1
            for found in wanted.finditer(self.text, self._start(self._from), stop):
                yield self._place(found.start() + 1) - self._from

    def found(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern stands anywhere in them, their ends included."""
        stop = self._before[self._to] + self._to - 1
        return bool(len(self)) and pattern.search(self.text, self._start(self._from), stop) is not None

    def _start(self, number: int) -> int:
        return self._before[number] + number

    def _place(self, start: int) -> int:
        return bisect_left(range(len(self._before)), start, key=self._start)
