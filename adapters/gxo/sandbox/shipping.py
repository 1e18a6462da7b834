"""A shipment leaves, or an order ends without one: the stock that goes, and the 945 that tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from adapters.gxo.sandbox import adjusting, committing
from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.orders import Carton, Line, Order, Shipment
from adapters.gxo.sandbox.packing import pack
from adapters.gxo.sandbox.site import Site

CLOSING = {"CC", "CP", "CS", "DS", "IC", "DE"}


@dataclass(frozen=True)
class Sent:
    """A W12 in the making. ``ordered`` are the units that were open before this message."""

    line: Line
    word: str
    sku: str
    ordered: int
    units: int


def ship(site: Site, order: Order) -> None:
    """Sends what was picked and tells of every line that was still open."""
    sent = [_decide(site, order, line, first=line is order.lines[0]) for line in order.open_lines()]
    units = {one.line.number: one.units for one in sent}
    cartons = pack(site, order, units)
    number = f"SHP{site.next('shipment'):06d}" if cartons else ""
    message = site.post.send(order.facility, "945", _segments(site, order, sent, cartons, number), order.reference)
    for one in sent:
        line = one.line
        committing.release(site, order, line, min(line.picked, line.committed))
        if one.units:
            site.stock.move(order.facility, one.sku, "N", -one.units, "shipped", message.label)
        line.shipped += one.units
        if one.word in CLOSING:
            line.result = one.word
            committing.release(site, order, line, line.committed)
            _write_off(site, order, line)
        line.picked = 0
    order.shipments.append(Shipment(number, units, cartons))


def end_cancelled(site: Site, order: Order) -> None:
    """Tells that every line of a cancelled order was deleted (profile 2.2.2)."""
    sent = [Sent(line, "DE", line.sku, line.open, 0) for line in order.open_lines()]
    site.post.send(order.facility, "945", _segments(site, order, sent, (), ""), order.reference)
    for one in sent:
        one.line.result = one.word


def _decide(site: Site, order: Order, line: Line, *, first: bool) -> Sent:
    """What is planted for the order's first line: another SKU, or too many units. Only of stock that is free."""
    if first and line.picked:
        other = site.switches.substitute.get(order.reference, "")
        if other and site.stock.available(order.facility, other) >= line.picked:
            return Sent(line, "CS", other, line.open, line.picked)
        extra = min(site.switches.over.get(order.reference, 0), site.stock.available(order.facility, line.sku))
        return Sent(line, line.word, line.sku, line.open, line.picked + extra)
    return Sent(line, line.word, line.sku, line.open, line.picked)


def _write_off(site: Site, order: Order, line: Line) -> None:
    free = min(line.missing, line.ordered - line.shipped, site.stock.available(order.facility, line.sku))
    if site.switches.short_writes_947 and line.result in {"CP", "DS"} and free > 0:
        adjusting.adjust(site, order.facility, line.sku, "N", -free, "53")


def _segments(site: Site, order: Order, sent: list[Sent], cartons: tuple[Carton, ...], number: str) -> list[Segment]:
    """The set in the order of the profile's samples."""
    today = site.today(order.facility)
    told: list[Segment] = [
        ("W06", "F", order.reference, today, number, "", order.customer_reference),
        ("N1", "DE", f"{site.client} LTD", "ZZ", site.client),
        ("N1", "WH", "GXO", "ZZ", order.facility),
    ]
    if cartons:
        told += order.ship_to
        told += [("N9", "CN", cartons[0].tracking), ("G62", "11", today)]
        told.append(("W27", order.method, site.services.get(order.service, ""), order.service, order.payment))
    if site.switches.leave_absent_lines:
        sent = [one for one in sent if one.units] or sent[:1]
    for turn, carton in enumerate(cartons, start=1):
        told += [("LX", str(turn)), ("MAN", "GM", carton.sscc, "", "CP", carton.tracking)]
        for one in sent:
            if one.line.number in carton.lines:
                told += _line(one, carton.lines[one.line.number])
    nothing = [one for one in sent if not one.units]
    if not cartons:
        told.append(("LX", "1"))
    for one in nothing:
        told += _line(one, 0)
    weight = sum((site.items.weight(order.facility, one.sku) * one.units for one in sent), Decimal(0))
    told.append(("W03", str(sum(one.units for one in sent)), _decimal(weight), "KG"))
    return told


def _line(one: Sent, units: int) -> list[Segment]:
    """``units`` lie in this carton; the difference is that of the whole message (profile 2.2.4)."""
    counts = (str(one.ordered), str(units), str(one.ordered - one.units))
    return [("W12", one.word, *counts, "EA", "", "SK", one.sku), ("N9", "LI", one.line.number)]


def _decimal(number: Decimal) -> str:
    """X12's R: no leading zero, none at the end."""
    text = f"{number:.3f}".rstrip("0").rstrip(".")
    return text.removeprefix("0") or "0"
