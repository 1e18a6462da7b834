"""Goods arrive, from a supplier or back from a customer: the stock that appears and the 944 that tells of it.

Where the floor does not say so, the grade decides the disposition and the type in which units are put away.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import Refused, known_type

HOLD_SUFFIX = "-HOLD"  # of SKUs that go to quarantine (profile 2.4)
# Grade -> disposition, inventory type (profile 2.2.6 and 3.5).
GRADES = {
    "": ("", "R"), "A": ("RESTOCK", "N"), "B": ("REFURBISH", "W"), "C": ("OUTLET", "K"), "D": ("DESTROY", "D"),
    "X": ("RECYCLE", "D"),
}  # fmt: skip
EMPTY_BOX, WRONG_ITEM = "EMPTY_BOX", "WRONG_ITEM"


class Goods(BaseModel):
    """Units of one SKU in one condition. ``line`` is the advice's line number, found by SKU where it is left out."""

    model_config = ConfigDict(extra="forbid")

    sku: str
    quantity: Annotated[int, Field(ge=0)]
    grade: str = ""
    disposition: str = ""
    invtype: str = ""
    exception: str = ""
    reason: str = ""
    line: str = ""
    blind: bool = False


class Delivery(BaseModel):
    """What the floor says of an arrival. ``reference`` is the RMA or the purchase order."""

    model_config = ConfigDict(extra="forbid")

    facility: str = ""
    reference: str = ""
    kind: Literal["supplier", "return"]
    order: str = ""
    tracking: str = ""
    blind: bool = False
    lines: Annotated[list[Goods], Field(min_length=1)]


def receive(site: Site, told: dict[str, Any]) -> dict[str, Any]:
    """Puts the goods away and tells of them. The receipt as the books show it.

    A return that no 943 announced here, or that is said to be blind, is told as blind.
    """
    delivery = Delivery.model_validate(told)
    facility = site.facility(delivery.facility)
    advice = site.advices.get(delivery.reference) if delivery.kind == "return" else None
    announced = advice is not None and advice["facility"] == facility
    said = delivery.blind or any(goods.blind for goods in delivery.lines)
    blind = delivery.kind == "return" and (said or not announced)
    lines = _put_together(site, facility, delivery, advice if announced and not blind else None)
    number = f"RCP{site.next('receipt'):07d}"
    if announced and advice is not None and not blind:
        delivery.order, delivery.tracking = delivery.order or advice["order"], delivery.tracking or advice["tracking"]
        advice["received"] += 1
    message = site.post.send(facility, "944", _segments(site, facility, delivery, lines, number, blind), number)
    for goods in lines:
        if goods.quantity:
            site.stock.move(facility, goods.sku, goods.invtype, goods.quantity, "received", message.label)
    receipt = {
        "number": number,
        "facility": facility,
        "kind": delivery.kind,
        "reference": "" if blind else delivery.reference,
        "order": delivery.order,
        "blind": blind,
        "lines": [goods.model_dump(exclude={"blind"}) for goods in lines],
    }
    site.receipts.append(receipt)
    return receipt


def _put_together(site: Site, facility: str, delivery: Delivery, advice: dict[str, Any] | None) -> list[Goods]:
    """The lines with everything filled in, units in the same condition added up: one W07 for each."""
    own_numbers = {line["sku"]: line["line"] for line in advice["lines"]} if advice else {}
    numbers = {sku: str(turn) for turn, sku in enumerate(dict.fromkeys(one.sku for one in delivery.lines), start=1)}
    together: dict[tuple[str, ...], Goods] = {}
    for goods in delivery.lines:
        _check(site, facility, goods)
        disposition, kind = GRADES.get(goods.grade, ("", "H"))
        if delivery.kind == "supplier" and not goods.grade:
            kind = "N"
        if goods.sku.endswith(HOLD_SUFFIX) or goods.exception:
            disposition, kind = "QUARANTINE", "H"
        full = goods.model_copy(
            update={
                "disposition": goods.disposition or ("" if goods.exception == EMPTY_BOX else disposition),
                "invtype": known_type(goods.invtype or kind),
                "line": goods.line or own_numbers.get(goods.sku) or numbers[goods.sku],
            }
        )
        alike = (full.sku, full.grade, full.disposition, full.invtype, full.exception, full.reason, full.line)
        before = together.get(alike)
        if before is not None:
            full.quantity += before.quantity
        together[alike] = full
    return list(together.values())


def _check(site: Site, facility: str, goods: Goods) -> None:
    if goods.exception == EMPTY_BOX and goods.quantity:
        raise Refused("an empty box has quantity 0")
    if not goods.quantity and goods.exception != EMPTY_BOX:
        raise Refused(f"quantity 0 of {goods.sku}: only an EMPTY_BOX has none")
    known = site.items.good(facility, goods.sku) or site.stock.knows(facility, goods.sku)
    if not known and not goods.exception:
        raise Refused(f"{goods.sku} is not set up at {facility}: send its item, or name an exception")


def _segments(
    site: Site, facility: str, delivery: Delivery, lines: list[Goods], number: str, blind: bool
) -> list[Segment]:
    """Profile 2.2.6. ``BLIND`` stands in the header: it speaks of the whole arrival."""
    kind, reference = ("F" if delivery.kind == "supplier" else "C"), ("" if blind else delivery.reference)
    told: list[Segment] = [
        ("W17", kind, site.today(facility), number, reference, delivery.tracking),
        ("N1", "DE", f"{site.client} LTD", "ZZ", site.client),
        ("N1", "WH", "GXO", "ZZ", facility),
    ]
    if kind == "C" and reference:
        told.append(("N9", "RZ", reference))
    if delivery.order:
        told.append(("N9", "CO", delivery.order))
    if blind:
        told.append(("N9", "ZZ", "BLIND", "1"))
    for goods in lines:
        told += [("W07", str(goods.quantity), "EA", "", "SK", goods.sku), ("N9", "LI", goods.line)]
        said = {
            "GRADE": goods.grade,
            "DISPOSITION": goods.disposition,
            "INVTYPE": goods.invtype if goods.quantity else "",
            "REASON": goods.reason,
            "EXCEPTION": goods.exception,
        }
        told += [("N9", "ZZ", word, text) for word, text in said.items() if text]
        if goods.invtype == "D" and goods.quantity:
            told.append(("W13", str(goods.quantity), "EA", "01"))
    told.append(("W14", str(sum(goods.quantity for goods in lines))))
    return told
