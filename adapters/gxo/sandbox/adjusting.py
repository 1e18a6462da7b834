"""Units are found, lost, damaged, put on hold or written off: the ledger's movement and the 947 that tells of it."""

from __future__ import annotations

from adapters.gxo.sandbox import committing
from adapters.gxo.sandbox.interchange import Segment
from adapters.gxo.sandbox.posting import Message
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import GOOD, Refused, known_type

Part = tuple[str, int]  # inventory type, signed units


def adjust(site: Site, facility: str, sku: str, kind: str, units: int, reason: str) -> Message:
    """``units`` are signed and of one type; ``reason`` is a code of element 181."""
    if not units:
        raise Refused("quantity 0 is no adjustment: give signed units")
    return _write(site, facility, sku, reason, [(kind, units)])


def change(
    site: Site, facility: str, sku: str, kinds: tuple[str, str], units: int, reason: str, *, committed: bool = False
) -> Message:
    """Units pass from the first type to the second. ``committed``: also those that orders count on."""
    if units <= 0 or kinds[0] == kinds[1]:
        raise Refused("a status change needs units above 0 and two different types")
    if committed and kinds[0] == GOOD:
        committing.take_from_orders(site, facility, sku, units)
    return _write(site, facility, sku, reason, [(kinds[0], -units), (kinds[1], units)])


def _write(site: Site, facility: str, sku: str, reason: str, parts: list[Part]) -> Message:
    for kind, units in parts:
        room = site.stock.room(facility, sku, known_type(kind))
        if -units > room:
            raise Refused(f"only {room} of {sku} in type {kind} are free at {facility}: take no more")
        if not site.stock.knows(facility, sku):
            raise Refused(f"{sku} is not at {facility}: send its item or set its stock up first")
    number = f"ADJ{site.next('adjustment'):07d}"
    told: list[Segment] = [("W15", site.today(facility), number), ("N1", "WH", "GXO", "ZZ", facility)]
    for kind, units in parts:
        told.append(("W19", reason, str(units), "EA", "", "SK", sku))
        told.append(("N9", "ZZ", "INVTYPE", kind))
    message = site.post.send(facility, "947", told, number)
    for kind, units in parts:
        site.stock.move(facility, sku, kind, units, "adjusted", message.label)
    return message
