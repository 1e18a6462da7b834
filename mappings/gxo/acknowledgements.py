"""What GXO answers to a document: its envelope was taken (TA1), it could be read (997), and what becomes of it (824).

Source: gxo.md 1.1.6 and 2.2.3; X12.5 for TA1. A 997 never says that an order is accepted.
"""

from __future__ import annotations

import re

from mappings.canonical.advices import Acknowledgement, EnvelopeReceipt, OrderAdvice, SetReceipt
from mappings.errors import Unmappable
from mappings.gxo.segments import Segments, element, facility, first, head, loops, needed
from mappings.gxo.tables import read_outcome, read_reason, read_syntax

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
TAKEN = {"A": True, "E": False, "R": False}


def read_824(segments: Segments) -> tuple[OrderAdvice, ...]:
    """Every answer of the set, usually one. ``code`` is the word before the colon of TED02 (``TOO_LATE``).

    Raises:
        Unmappable: ``unknown_status`` for an outcome without a row, else ``unmappable``.
    """
    their_id, where = needed(head(segments, "BGN"), 2), facility(segments)
    head(segments, "OTI")
    return tuple(_advice(their_id, where, loop) for loop in loops(segments, "OTI"))


def _advice(their_id: str, where: str, loop: Segments) -> OrderAdvice:
    opening = loop[0]
    errors = [s for s in loop if s[:1] == ("TED",)]
    code, text = _code_and_text(element(errors[0], 2)) if errors else ("", "")
    more = [element(error, 2) for error in errors[1:]]
    return OrderAdvice(
        their_id=their_id,
        reference=needed(opening, 3),
        facility=where,
        outcome=read_outcome(needed(opening, 1)),
        reason=read_reason(code),
        code=code,
        text="; ".join(filter(None, [text, *more])),
        group_control=element(opening, 8),
        set_control=element(opening, 9),
        answers_set=element(opening, 10),
    )


def _code_and_text(written: str) -> tuple[str, str]:
    """The word before the colon, if it is one word, and the rest. A sentence before a colon is no code."""
    code, colon, text = (part.strip() for part in written.partition(":"))
    return (code, text) if colon and CODE.fullmatch(code) else ("", written.strip())


def read_997(segments: Segments) -> Acknowledgement:
    """Read the group that is answered, whether all of it was accepted, and each set that is named, with what was wrong.

    AK404 repeats the bad element, which may be a customer's name: it is not read.

    A set that was refused is refused, whatever is said of its group.

    Raises:
        Unmappable: ``unknown_status`` for a code that is none, else ``unmappable``.
    """
    group = head(segments, "AK1")
    whole = read_syntax("AK901", needed(head(segments, "AK9"), 1))
    sets = tuple(_receipt(loop) for loop in loops(segments, "AK2"))
    return Acknowledgement(
        group_id=needed(group, 1),
        group_control=needed(group, 2),
        accepted=whole and all(one.accepted for one in sets),
        sets=sets,
    )


def read_ta1(segments: Segments) -> EnvelopeReceipt:
    """Whether an interchange was taken, by TA104: A; E, with errors; R, refused. The note is a code of X12's list 023.

    Raises:
        Unmappable: ``unknown_status`` for another code, else ``unmappable``.
    """
    told = head(segments, "TA1")
    code = needed(told, 4).upper()
    if code not in TAKEN:
        why = "X12 has A, E and R: ask GXO what became of the interchange"
        raise Unmappable("TA104", code, why, kind="unknown_status")
    return EnvelopeReceipt(control=needed(told, 1), taken=TAKEN[code], code=code, note=element(told, 5))


def _receipt(loop: Segments) -> SetReceipt:
    opening = loop[0]
    errors: list[str] = []
    where = ""
    for segment in loop:
        if segment[:1] == ("AK3",):
            where = f"{element(segment, 1)} at {element(segment, 2)}"
            errors += [f"segment {where}: error {element(segment, 4)}"] if element(segment, 4) else []
        elif segment[:1] == ("AK4",):
            errors.append(f"segment {where}, element {element(segment, 1)}: error {element(segment, 3)}")
    return SetReceipt(
        set_id=needed(opening, 1),
        set_control=needed(opening, 2),
        accepted=read_syntax("AK501", needed(first(loop, "AK5") or ("AK5",), 1)),
        errors=tuple(errors),
    )
