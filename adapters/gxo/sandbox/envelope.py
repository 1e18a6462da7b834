"""How transaction sets become the bytes of one interchange."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from adapters.gxo.sandbox.interchange import Segment

# Transaction set -> functional group (profile 2.2).
GROUPS = {"997": "FA", "824": "AG", "945": "SW", "944": "RE", "947": "AW", "846": "IB"}


def write(
    set_id: str,
    sets: Iterable[list[Segment]],
    *,
    sender: str,
    receiver: str,
    number: int,
    at: datetime,
    separators: str = "*>~",
    line_breaks: str = "\n",
    miscounted: int = 0,
) -> bytes:
    """One interchange with one group of sets of one kind; each set without its ST and SE. Times are UTC.

    The first ``miscounted`` sets get a wrong number of segments in their SE.
    """
    between, component, terminator = tuple(separators)
    day, clock = at.strftime("%Y%m%d"), at.strftime("%H%M")
    nothing = " " * 10
    lines: list[Segment] = [
        ("ISA", "00", nothing, "00", nothing, "ZZ", f"{sender:<15}", "ZZ", f"{receiver:<15}", day[2:], clock, "U",
         "00401", f"{number:09d}", "0", "T"),
        ("GS", GROUPS[set_id], sender, receiver, day, clock, str(number), "X", "004010"),
    ]  # fmt: skip
    count = 0
    for count, segments in enumerate(sets, start=1):
        own = f"{count:04d}"
        cleaned = (_clean(segment, separators) for segment in segments)
        lines += [("ST", set_id, own), *cleaned, ("SE", str(len(segments) + 2 + (count <= miscounted)), own)]
    lines += [("GE", str(count), str(number)), ("IEA", "1", f"{number:09d}")]
    texts = [between.join(line).rstrip(between) for line in lines]
    texts[0] = between.join((*lines[0], component))
    return "".join(f"{text}{terminator}{line_breaks}" for text in texts).encode()


def _clean(segment: Segment, separators: str) -> Segment:
    """Data must hold no separator and no line break."""
    banned = {ord(sign): " " for sign in f"{separators}\r\n"}
    return tuple(text.translate(banned) for text in segment)
