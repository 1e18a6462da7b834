"""The parcels of a 945: every place where warehouses write tracking numbers, and numbers that fit no parcel.

Source: gxo.md 2.2.4 has MAN*GM*...**CP*... once per carton, and N9*CN in the head. Others write several MAN to a
carton, CN in a MAN, and N9 or REF behind a carton or a line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mappings.canonical import PickLine
from mappings.canonical.advices import Carton
from mappings.gxo.segments import Segment, Segments, element
from mappings.text import several, without_placeholder

SSCC = re.compile(r"00([0-9]{18})|([0-9]{18})")
TRACKING = frozenset({"CP", "CN", "2I"})  # of MAN, N9 and REF: package, consignment, tracking
SERIAL = frozenset({"GM", "AA"})  # of MAN: SSCC-18
REFERENCES = ("N9", "REF")
OTHERS = frozenset({"CO", "LI", "RZ", "ZZ"})  # of N9 and REF: the profile's, which speak of something else
WORDS = frozenset({"TRACKING", "CONSIGNMENT"})  # of N9*ZZ*word*text


@dataclass
class _Box:
    """A carton while it is put together."""

    sscc: str = ""
    tracking: str = ""
    content: Counter[str] = field(default_factory=Counter)

    def closed(self) -> Carton:
        held = tuple(PickLine(sku=sku, quantity=units) for sku, units in self.content.items())
        return Carton(tracking=self.tracking, sscc=self.sscc, content=held)


def read_cartons(
    segments: Segments, packed: Sequence[tuple[Segments, Mapping[str, int]]]
) -> tuple[tuple[Carton, ...], tuple[str, ...]]:
    """The parcels, and numbers that are in none of them. ``packed`` are the LX loops with the units in each, or the
    whole set where it has none.

    A number of the head is the shipment's: it is that of its only carton, else a parcel of its own, with the goods of
    cartons that have no number at all.
    """
    unused: list[str] = []
    boxes: list[_Box] = []
    for loop, content in packed:
        boxes += _boxes(loop, content, unused)
    begin = next((n for n, one in enumerate(segments) if one[:1] == ("LX",)), 0)  # without LX nothing is head
    marked = list(_marked(segments[:begin], unused))
    taken = {box.tracking for box in (*boxes, *marked)}
    marked += [_Box(tracking=one) for one in _numbers(segments[:begin], unused) if one not in taken]
    boxes = _with_head(boxes, marked, unused)
    if not any(box.content for box in boxes):  # nothing left: what is numbered here is no parcel on its way
        unused += [" ".join(filter(None, (box.tracking, box.sscc and f"00{box.sscc}"))) for box in boxes]
        boxes = []
    return tuple(box.closed() for box in boxes), tuple(dict.fromkeys(unused))


def _with_head(boxes: list[_Box], head: list[_Box], unused: list[str]) -> list[_Box]:
    unused += [f"MAN02 GM 00{box.sscc}" for box in head if not box.tracking and box.sscc]
    own = [box for box in head if box.tracking]
    if not own:
        return boxes
    if len(boxes) == 1 and not boxes[0].tracking:
        only = boxes[0]
        if only.sscc and own[0].sscc:
            unused.append(f"MAN02 GM 00{own[0].sscc}")
        own[0].sscc, own[0].content = only.sscc or own[0].sscc, only.content
        return own
    for box in boxes:
        if not box.tracking and not box.sscc:
            own[0].content += box.content
    return [box for box in boxes if box.tracking or box.sscc] + own


def _boxes(loop: Segments, content: Mapping[str, int], unused: list[str]) -> list[_Box]:
    """The parcels of one LX: one for each number, the goods with the first."""
    boxes = list(_marked(loop, unused))
    free = [box for box in boxes if not box.tracking]
    numbers = [one for one in _numbers(loop, unused) if one not in {box.tracking for box in boxes}]
    for box, number in zip(free, numbers, strict=False):
        box.tracking = number
    boxes += [_Box(tracking=one) for one in numbers[len(free) :]]
    if not boxes and content:
        boxes = [_Box()]
    if boxes:
        boxes[0].content = Counter(content)
    if not content:
        unused += [f"MAN02 GM 00{box.sscc}" for box in boxes if box.sscc and not box.tracking]
        return [box for box in boxes if box.tracking]
    return [box for box in boxes if box.content or box.tracking or box.sscc]


def _marked(segments: Segments, unused: list[str]) -> Iterator[_Box]:
    """A parcel for each MAN, or for each of its numbers where it has two."""
    for mark in (one for one in segments if one[:1] == ("MAN",)):
        sscc, numbers = "", list[str]()
        for place in (1, 4):
            kind, number = element(mark, place).upper(), without_placeholder(element(mark, place + 1))
            found = SSCC.fullmatch(number)
            if kind in TRACKING and (each := several(number)):
                numbers += each
            elif kind in SERIAL and found and not sscc:
                sscc = found[1] or found[2]
            elif number:
                unused.append(f"MAN{place + 1:02d} {kind} {number}")
            if element(mark, place + 2):
                unused.append(f"MAN{place + 2:02d} {kind} up to {element(mark, place + 2)}")
        yield _Box(sscc=sscc, tracking=numbers[0] if numbers else "")
        yield from (_Box(tracking=one) for one in numbers[1:])


def _numbers(segments: Segments, unused: list[str]) -> list[str]:
    """Tracking numbers of N9 and REF, each once."""
    found: dict[str, None] = {}
    for one in segments:
        if one[:1] not in {(name,) for name in REFERENCES}:
            continue
        kind, number = element(one, 1).upper(), _number(one)
        if number and (kind in TRACKING or (kind == "ZZ" and element(one, 2).upper() in WORDS)):
            found.update(dict.fromkeys(several(number)))
        elif number and kind not in OTHERS:
            unused.append(f"{one[0]}02 {kind} {number}")
    return list(found)


def _number(segment: Segment) -> str:
    if element(segment, 1).upper() == "ZZ":
        return without_placeholder(element(segment, 3))
    return without_placeholder(element(segment, 2)) or without_placeholder(element(segment, 3))
