"""What happens to a garment after it left: it comes back, is looked at, graded, mended, restocked or retired."""

from __future__ import annotations

from typing import Any

from adapters.acs.sandbox.events import TIME
from adapters.acs.sandbox.garments import Garment, State
from adapters.acs.sandbox.site import Site

# grade -> disposition, and the state that it leads to
DISPOSITIONS = {
    "A": ("RESTOCK", State.READY),
    "B": ("REFURBISH", State.REFURBISHMENT),
    "C": ("OUTLET", State.QUARANTINE),
    "D": ("QUARANTINE", State.QUARANTINE),
    "X": ("RECYCLE", State.RETIRED),
    "WRONG_ITEM": ("QUARANTINE", State.QUARANTINE),
    "EMPTY_BOX": ("", State.QUARANTINE),
    "MISSING": ("", State.QUARANTINE),
    "COUNTERFEIT": ("QUARANTINE", State.QUARANTINE),
}
CODES = {"A": ["NONE"], "B": ["STAIN"], "C": ["FADED", "PILLING"], "D": ["TEAR"], "X": ["TEAR", "WATER"]}
CHARGED = {"B", "C", "D", "X"}


def expect(site: Site, garment: Garment) -> None:
    """A garment that left may come back by itself."""
    dice = site.dice(garment.tag, len(garment.states), "back")
    switches = site.switches
    if garment.hire:
        back = switches.hires_come_back and garment.tag not in switches.never_back
        back = back and dice.random() >= switches.never_back_rate
    else:
        back = dice.random() < switches.sales_come_back_rate
    if back:
        visit = len(garment.states)
        site.people.after(switches.hire_seconds, lambda: _back(site, garment, visit))


def receive(site: Site, garment: Garment, kind: str = "") -> dict[str, Any]:
    """The parcel is opened: the garment is receipted, and soon looked at. The entry of its coming back."""
    told = kind or ("HIRE_RETURN" if garment.hire else "SALE_RETURN")
    site.garments.move(garment, State.RECEIPTED, site.clock.now())
    entry = {
        "rfid": garment.tag, "product_sku": garment.product_sku, "unique_sku": garment.unique_sku,
        "order": garment.order, "line": garment.line, "kind": told, "grade": "", "disposition": "", "charge": False,
    }  # fmt: skip
    site.returns.append(entry)
    site.events.tell(
        "item.received",
        {**_about(garment), "ReturnKind": told, **_where(garment), "ReceivedAt": site.clock.now().strftime(TIME)},
    )
    site.people.after(site.switches.inspect_seconds, lambda: _inspect(site, garment, entry))
    return entry


def grade(site: Site, garment: Garment, word: str, entry: dict[str, Any] | None = None) -> None:
    """Somebody has looked at it: grade, disposition, and where that leads."""
    now = site.clock.now()
    disposition, state = DISPOSITIONS.get(word, ("QUARANTINE", State.QUARANTINE))
    hire = entry is None or entry["kind"] == "HIRE_RETURN"
    charge = (
        hire and word in CHARGED and site.dice(garment.tag, len(garment.states)).random() < site.switches.charge_rate
    )
    codes = CODES.get(word, ["NONE"])
    garment.grade = word if word in CODES else garment.grade
    if entry is not None:
        entry.update(grade=word, disposition=disposition, charge=charge)
    told = {
        **_about(garment),
        "ReturnKind": entry["kind"] if entry else "UNKNOWN",
        "Grade": word,
        "ConditionCodes": codes,
        "Disposition": disposition,
        "ChargeRecommended": charge,
        "ChargeReason": codes[0] if charge else "",
        "Notes": "",
        "Images": [f"https://images.example.invalid/{garment.tag}/1.jpg"] if charge else [],
        "GradedAt": now.strftime(TIME),
    }
    site.events.tell("item.graded", told)
    if state is State.RETIRED:
        site.people.after(site.switches.dispose_seconds, lambda: retire(site, garment, "BER", disposition))
        return
    move(site, garment, state)
    if state is State.REFURBISHMENT:
        site.people.after(site.switches.refurbish_seconds, lambda: _mended(site, garment))


def move(site: Site, garment: Garment, state: State, to_grade: str = "") -> None:
    """From one state to another, told by an event."""
    before, old = garment.state, garment.grade
    garment.grade = to_grade or garment.grade
    site.garments.move(garment, state, site.clock.now())
    told = {
        "GarmentSKU": garment.unique_sku, "RFID": garment.tag, "FromStatus": before, "ToStatus": state,
        "FromGrade": old, "ToGrade": garment.grade, "Location": garment.place,
        "ChangedAt": site.clock.now().strftime(TIME),
    }  # fmt: skip
    site.events.tell("item.disposition_changed", told)


def retire(site: Site, garment: Garment, reason: str, disposition: str) -> None:
    """The end, told by an event."""
    site.garments.move(garment, State.RETIRED, site.clock.now())
    told = {
        "GarmentSKU": garment.unique_sku, "RFID": garment.tag, "Grade": garment.grade, "Reason": reason,
        "Location": garment.place, "FinalDisposition": disposition, "RetiredAt": site.clock.now().strftime(TIME),
    }  # fmt: skip
    site.retired.append({"rfid": garment.tag, "product_sku": garment.product_sku, "reason": reason,
                         "disposition": disposition})  # fmt: skip
    site.events.tell("item.retired", told)


def inspect_again(site: Site, garment: Garment, reason: str) -> None:
    """A garment on the premises that something is wrong with: looked at, and ready again if it was only mislaid."""
    move(site, garment, State.INSPECTION)
    if reason == "FAILED_QC":
        site.people.after(site.switches.inspect_seconds, lambda: grade(site, garment, "B"))
        return
    site.people.after(site.switches.inspect_seconds, lambda: move(site, garment, State.READY))


def arrive(site: Site, garment: Garment) -> None:
    """New stock comes to the door and is put away."""
    site.garments.move(garment, State.RECEIPTED, site.clock.now())
    told = {**_about(garment), "ReturnKind": "NEW_STOCK", **_where(garment)}
    site.events.tell("item.received", {**told, "ReceivedAt": site.clock.now().strftime(TIME)})
    site.people.after(site.switches.inspect_seconds, lambda: move(site, garment, State.READY))


def _back(site: Site, garment: Garment, visit: int) -> None:
    if len(garment.states) == visit:
        receive(site, garment)


def _inspect(site: Site, garment: Garment, entry: dict[str, Any]) -> None:
    if garment.state is not State.RECEIPTED:
        return
    site.garments.move(garment, State.INSPECTION, site.clock.now())
    word = "WRONG_ITEM" if garment.tag in site.switches.wrong_garment_back else ""
    word = word or site.switches.grade_of.pop(garment.tag, "")
    if not word:
        grades = site.switches.grades
        (word,) = site.dice(garment.tag, len(garment.states), "grade").choices(list(grades), list(grades.values()))
    grade(site, garment, word, entry)


def _mended(site: Site, garment: Garment) -> None:
    if garment.state is State.REFURBISHMENT:
        move(site, garment, State.READY, "A")


def _about(garment: Garment) -> dict[str, Any]:
    told = {"GarmentSKU": garment.unique_sku, "RFID": garment.tag}
    return {"OrderNumber": garment.order, "LineItemId": garment.line, **told} if garment.order else told


def _where(garment: Garment) -> dict[str, Any]:
    return {"Location": garment.place, "ProcessStatus": garment.state}
