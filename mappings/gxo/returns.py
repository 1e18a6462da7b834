"""A return that was announced, as a 943 (stock transfer shipment advice). Source: gxo.md 2.2.5."""

from __future__ import annotations

from datetime import date

from mappings.canonical import ReturnAdvice
from mappings.errors import Unmappable
from mappings.gxo.orders import ITEM, REFERENCE
from mappings.gxo.parties import Client, write_parties
from mappings.gxo.segments import Segment, Segments, identity


def write_943(advice: ReturnAdvice, *, client: Client, on: date, tracking: str = "") -> Segments:
    """What the facility shall expect; ``on`` is the day of the announcement, ``tracking`` the parcel's, where known.

    The day on which the goods are expected has no place in the profile, and is not sent.

    Raises:
        Unmappable: ``route_unmapped``, else ``unmappable``.
    """
    reference = identity("W0602", advice.reference, REFERENCE)
    if not advice.lines:
        raise Unmappable("W04", "", "a return for GXO needs at least one line: say what will come back")
    lines: list[Segment] = []
    for number, line in enumerate(advice.lines, 1):
        code = identity("W0405", line.sku, ITEM)
        lines += [("W04", str(line.quantity), "EA", "", "SK", code), ("N9", "LI", str(number))]
    return (
        ("W06", "J", reference, f"{on:%Y%m%d}", *([tracking] if tracking else [])),
        *write_parties(client, advice.facility),
        ("N9", "RZ", reference),
        *([("N9", "CO", advice.order_code)] if advice.order_code else []),
        *lines,
        ("W03", str(sum(line.quantity for line in advice.lines))),
    )
