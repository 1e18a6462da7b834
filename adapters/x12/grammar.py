"""What X12 fixes for every interchange: the ISA's width, segment ids, and the separators that each ISA declares."""

from __future__ import annotations

import re
from dataclasses import dataclass

ISA_LENGTH = 106  # X12 4010: the ISA is of fixed width, its terminator included
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
ENVELOPE = {"ISA", "GS", "ST", "SE", "GE", "IEA"}
NEVER = "\x00\x1a"  # NUL and Ctrl-Z fill a file up to its block


@dataclass(frozen=True, slots=True)
class Delimiters:
    """Raises ValueError for separators that could not be told from each other or from what they separate."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"

    def __post_init__(self) -> None:
        three = (self.element, self.component, self.segment)
        if len(set(three)) != len(three):
            raise ValueError("the separators are not three different characters")
        for one in three:
            if len(one) != 1 or not one.isascii() or one.isalnum() or one == " ":
                raise ValueError(f"{one!r} cannot separate: it may be part of the text")
            # Any control character may separate (X12.5 asks for no picture of it), but for what fills or breaks lines.
            if one in NEVER or (one in "\r\n" and one != self.segment):
                raise ValueError(f"{one!r} cannot separate: transports add it and take it away")


def delimiters_of(isa: str) -> Delimiters:
    """The separators that the 106 characters of an ISA name by their place. Raises ValueError as ``Delimiters``."""
    return Delimiters(element=isa[3], component=isa[ISA_LENGTH - 2], segment=isa[ISA_LENGTH - 1])
