"""What X12 fixes for every interchange: the ISA's width, segment ids, and separators that the ISA tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

ISA_LENGTH = 106  # X12 4010: the ISA is of fixed width, its terminator included
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{1,2}")
ENVELOPE = {"ISA", "GS", "ST", "SE", "GE", "IEA"}


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
            line_end = one == self.segment and one in "\r\n"
            if len(one) != 1 or not one.isascii() or one.isalnum() or not (one.isprintable() or line_end) or one == " ":
                raise ValueError(f"{one!r} cannot separate: it may be part of the text")


def told_by(isa: str) -> Delimiters:
    """The separators that the 106 characters of an ISA name by their place. Raises ValueError as ``Delimiters``."""
    return Delimiters(element=isa[3], component=isa[ISA_LENGTH - 2], segment=isa[ISA_LENGTH - 1])
