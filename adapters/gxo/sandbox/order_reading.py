"""What a 940 says, read without judging it: the profile's table 2.2.1."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.gxo.sandbox.interchange import Segment, Set
from adapters.gxo.sandbox.orders import Line

Found = tuple[str, int]  # a text, and the position of its segment from the ST as 1; ("", 0) where it is not there

NOWHERE: Found = ("", 0)


@dataclass
class Draft:
    """A 940 in pieces. ``parties`` are N104 by N101; ``stated`` is W7601."""

    purpose: str = ""
    reference: str = ""
    customer_reference: str = ""
    parties: dict[str, Found] = field(default_factory=dict)
    ship_to: list[Segment] = field(default_factory=list)
    ship_to_position: int = 0
    payment: str = ""
    method: str = ""
    service: Found = NOWHERE
    ship_on: Found = NOWHERE
    lines: list[Line] = field(default_factory=list)
    stated: Found = NOWHERE

    def address(self, segment: str, element: int) -> str:
        """An element of the ship-to address, empty where it is not there."""
        for one in self.ship_to:
            if one[0] == segment:
                return at(one, element)
        return ""


def read_draft(one: Set) -> Draft:
    """The set's pieces; the syntax was checked before, so that numbers are numbers."""
    draft = Draft()
    party = ""
    for position, segment in enumerate(one.segments, start=1):
        name = segment[0]
        if name == "N1":
            party = at(segment, 1)
            draft.parties[party] = at(segment, 4), position
        if name in {"N1", "N3", "N4"} and party == "ST":
            draft.ship_to.append(segment)
            draft.ship_to_position = draft.ship_to_position or position
        _header(draft, name, segment, position)
        _line(draft, name, segment, position)
    return draft


def _header(draft: Draft, name: str, segment: Segment, position: int) -> None:
    if name == "W05":
        draft.purpose, draft.reference, draft.customer_reference = (at(segment, one) for one in (1, 2, 3))
    elif name == "W66":
        draft.payment, draft.method = at(segment, 1), at(segment, 2)
        draft.service = at(segment, 5), position
    elif name == "G62" and at(segment, 1) == "10":
        draft.ship_on = at(segment, 2), position
    elif name == "W76":
        draft.stated = at(segment, 1), position


def _line(draft: Draft, name: str, segment: Segment, position: int) -> None:
    if name == "W01":
        sku = at(segment, 5) if at(segment, 4) == "SK" else ""
        draft.lines.append(Line("", sku, int(at(segment, 1)), at(segment, 2), position))
    elif name == "N9" and at(segment, 1) == "LI" and draft.lines:
        draft.lines[-1].number = at(segment, 2)


def at(segment: Segment, position: int) -> str:
    """An element, empty where the segment is shorter."""
    return segment[position] if len(segment) > position else ""
