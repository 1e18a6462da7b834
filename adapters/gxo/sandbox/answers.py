"""The two answers in segments: 997 says that the syntax was taken, 824 what the site says to an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.gxo.sandbox.interchange import Group, Segment
from adapters.gxo.sandbox.syntax import Complaint

# 824's codes (profile 2.2.3) -> TED01. All others are ZZZ, mutually defined.
TED_CODES = {
    "MISSING_FIELD": "007",
    "INVALID_SKU": "848",
    "INVALID_FACILITY": "848",
    "INVALID_SERVICE": "848",
    "INVALID_ADDRESS": "848",
    "BAD_QUANTITY": "848",
    "UNKNOWN_ORDER": "011",
}


@dataclass(frozen=True)
class Objection:
    """Why an order or its change is refused, and where in the set that stands (positions from the ST as 1)."""

    code: str
    text: str
    segment: str = ""
    position: int = 0
    element: int = 0
    number: str = ""
    copy: str = ""


@dataclass(frozen=True)
class Verdict:
    """The 997's word on one set: AK502 code, empty where it is accepted."""

    set_id: str
    number: str
    fault: str
    complaints: tuple[Complaint, ...] = ()


def acknowledge(group: Group, verdicts: list[Verdict], fault: str = "") -> list[Segment]:
    """A 997 of one group; ``fault`` (AK905) refuses it as a whole. ``P``: some of its sets are accepted."""
    told: list[Segment] = [("AK1", group.id, group.number)]
    good = 0
    for verdict in verdicts:
        told.append(("AK2", verdict.set_id, verdict.number))
        for one in verdict.complaints:
            told.append(("AK3", one.segment, str(one.position), "", one.code))
            told += [("AK4", str(position), *rest) for position, *rest in one.elements]
        accepted = not verdict.fault and not fault
        good += accepted
        told.append(("AK5", "A") if accepted else ("AK5", "R", verdict.fault or "5"))
    received = len(verdicts)
    word = "R" if fault or not good else "A" if good == received else "P"
    totals = (group.stated if group.stated.isdigit() else str(received), str(received), str(good))
    told.append(("AK9", word, *totals, *((fault,) if fault else ())))
    return told


def advise(
    number: int,
    at: datetime,
    facility: str,
    reference: str,
    answered: tuple[str, str, str],
    word: str,
    objection: Objection | None = None,
) -> list[Segment]:
    """An 824. ``answered`` are group number, set number and set id; ``word`` is TA, TE or TR. Times are UTC."""
    day, clock = at.strftime("%Y%m%d"), at.strftime("%H%M")
    told: list[Segment] = [
        ("BGN", "11", f"824{number:06d}", day, clock),
        ("N1", "WH", "GXO", "ZZ", facility),
        ("OTI", word, "OQ", reference, "", "", day, clock, *answered),
    ]
    if objection is not None:
        text = f"{objection.code}: {objection.text}".upper()[:60]
        place = ("", "", "", "", "")
        if objection.segment:
            numbers = (str(objection.position), str(objection.element), objection.number)
            place = (objection.segment, *numbers, objection.copy[:99])
        told.append(("TED", TED_CODES.get(objection.code, "ZZZ"), text, *place))
    return told
