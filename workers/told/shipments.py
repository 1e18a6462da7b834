"""What left a warehouse that tells each shipment once: the stock that went, the shipment, and lines that are over."""

from __future__ import annotations

import json
from typing import Any

from mappings.canonical import Parcel, PickLine
from mappings.canonical.advices import ShipmentAdvice
from mappings.errors import Unmappable, Unreadable
from workers.dispatch.closing import cancelled, closed
from workers.dispatch.shipping import ship
from workers.dispatch_in import find, may_ship
from workers.reading import Reading
from workers.told.stock import tell_moves


def read_shipment(reading: Reading) -> None:
    """Reader of a shipment advice. Its stock has left whatever else is wrong with it."""
    warehouse = reading.runtime.telling(reading.record.connection)
    advice = warehouse.files.read_shipment(reading.record.body)
    moves = [{"sku": sku, "condition": "good", "units": -units} for sku, units in advice.shipped.items()]
    document = f"shipment {advice.reference} {advice.their_id or reading.record.id}"
    try:
        with reading.db.transaction():
            _dispatch(reading, document, advice)
    except Unmappable as error:
        reading.park("dispatch-in", Unreadable(advice.reference, error))
    # after it: a count made now counts what has just left, and no order is owed it any more
    home = warehouse.sites[advice.facility]
    if not tell_moves(reading, home, document, moves, ("dispatched", "shipped")) and moves:
        reading.run("select hold_as_told(%s, %s)", home, sorted(advice.shipped))


def _dispatch(reading: Reading, document: str, advice: ShipmentAdvice) -> None:
    known = find(reading, advice.reference, left=bool(advice.shipped))
    if known is None or not _first_time(reading, document, known):
        return
    _heard_of(reading, known, shipped=bool(advice.shipped))
    advice = reading.runtime.telling(known["warehouse"]).files.with_absent(advice, _still_open(known))
    over = _close_lines(reading, known, advice)
    if advice.substituted:
        _substituted(reading, known, advice)
        return
    gone = dict(known["shipped"])
    for sku, units in advice.shipped.items():
        gone[sku] = gone.get(sku, 0) + units
    if advice.shipped:
        _take_change(reading, known, gone)
        if not may_ship(reading, known, gone, over=over):
            return
        ship(reading, known, _parcels(advice), advice.shipped, advice.shipped_on)
    if not over:
        return
    nothing = set(known["lines_closed"].values()) == {"cancelled"} or known["state"] == "cancelling"
    if not gone and nothing:
        cancelled(reading, known)
    else:
        closed(reading, known, gone)


def _first_time(reading: Reading, document: str, known: dict[str, Any]) -> bool:
    """A shipment is told once: its record may be read again, after a table was mended for instance."""
    return bool(
        reading.run(
            "insert into told_shipment (connection, document, fulfilment) values (%s, %s, %s) on conflict do nothing"
            " returning document",
            reading.record.connection,
            document,
            known["reference"],
        )
    )


def _heard_of(reading: Reading, known: dict[str, Any], *, shipped: bool) -> None:
    """Whoever ships an order, or cancels it, has received and accepted it; a shipment beats a cancellation."""
    subject = f"order:{known['reference']}"
    over = ["received", "accepted", *(["cancelled"] if shipped else [])]
    reading.run(
        "update fulfilment set accepted_at = coalesce(accepted_at, now()) where reference = %s", known["reference"]
    )
    reading.run("delete from expectation where subject = %s and what = any (%s)", subject, over)
    reading.run("select close_exception('answer_missing', %s, 'the warehouse told more since', 'fleet')", subject)


def _take_change(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    """What left tells that a change was taken, whose answer is still on its way."""
    wanted = known["change"]["requested"] if known["change"] else {}
    fits = all(units <= wanted.get(sku, 0) for sku, units in gone.items())
    if wanted and fits and any(units > known["requested"].get(sku, 0) for sku, units in gone.items()):
        told = {"reference": known["reference"], "requested": wanted, "newest": True}
        reading.run("select order_changed(%s)", json.dumps(told))
        known["requested"] = wanted


def _still_open(known: dict[str, Any]) -> list[PickLine]:
    return [
        PickLine(sku=sku, quantity=units - known["shipped"].get(sku, 0))
        for sku, units in known["requested"].items()
        if sku not in known["lines_closed"] and units > known["shipped"].get(sku, 0)
    ]


def _close_lines(reading: Reading, known: dict[str, Any], advice: ShipmentAdvice) -> bool:
    """Keep which lines are over. True when all that were asked for are."""
    lines = dict(known["lines_closed"])
    for line in advice.lines:
        if line.outcome.closed and line.sku in known["requested"]:
            lines[line.sku] = line.outcome.value
        elif line.outcome.closed and advice.substituted:
            lines.setdefault(line.sku, line.outcome.value)
    reading.run("update fulfilment set lines_closed = %s where reference = %s", json.dumps(lines), known["reference"])
    known["lines_closed"] = lines
    return set(known["requested"]) <= set(lines)


def _substituted(reading: Reading, known: dict[str, Any], advice: ShipmentAdvice) -> None:
    said = ", ".join(f"{units} x {sku}" for sku, units in sorted(advice.shipped.items())) or "nothing"
    reading.file_exception(
        "substituted",
        f"order:{known['reference']}",
        known["order_code"],
        "dispatch-in",
        known["warehouse"],
        f"{known['warehouse']} sent other goods than {known['reference']} asked for ({said} left as shipment"
        f" {advice.their_id}): Khaos Control was not told",
    )
    reading.run("delete from expectation where subject = %s", f"order:{known['reference']}")


def _parcels(advice: ShipmentAdvice) -> list[Parcel]:
    return [
        Parcel(
            tracking=carton.tracking or carton.sscc, carrier=advice.carrier, service=advice.service,
            shipment=advice.their_id,
        )
        for carton in advice.cartons
    ]  # fmt: skip
