"""What stands between ISA and IEA beside groups: the receipt of an interchange (TA1), and what nobody expects there.

X12.5, interchange control structures: TA1 says whether the envelope of an interchange of ours could be read. It may
stand before the first group, or alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.x12.envelopes import STRAY
from adapters.x12.errors import X12Error
from adapters.x12.tokens import NUMBER, Segment

TAKEN = "A"  # TA104; E: taken with errors, R: refused
ASK = "look the note code up in X12's list 023, see that file with the sender, and send again what it carried"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A TA1: the control number of our interchange, whether its envelope was taken, its code for that, and a note's."""

    control_number: str
    taken: bool
    note: str
    code: str = ""


def receipt_of(segment: Segment) -> Receipt:
    """What a TA1 says; a code that is none of X12's was not taken."""
    return Receipt(segment.element(1), segment.element(4) == TAKEN, segment.element(5), segment.element(4))


def wrong_with(segment: Segment, name: str) -> X12Error | None:
    """Why a person must look at it; None for the receipt of an interchange that was taken."""
    if segment.id != "TA1":
        return X12Error(name, segment.position, segment.id, 0, STRAY)
    receipt = receipt_of(segment)
    if receipt.taken:
        return None
    number, note = (one if NUMBER.fullmatch(one) else "?" for one in (receipt.control_number, receipt.note))
    why = f"the receiver did not take our interchange {number} as it is (note code {note})"
    return X12Error(name, segment.position, "TA1", 4, why, ASK)
