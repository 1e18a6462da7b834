"""What left a warehouse that tells each shipment once: the stock that went, the shipment, and lines that are over."""

from __future__ import annotations

import json
from typing import Any

from mappings.canonical import Parcel, PickLine
from mappings.canonical.advices import LineOutcome, ShipmentAdvice
from mappings.errors import Unmappable, Unreadable
from workers.dispatch_in.closing import cancelled, closed
from workers.dispatch_in.readers import find, may_ship
from workers.dispatch_in.shipments import ship
from workers.domain.stock_movements import tell_moves
from workers.spine.reading import Reading


def read_shipment(reading: Reading) -> None:
    """Reader of a shipment advice. Its stock has left whatever else is wrong with it."""
    warehouse = reading.runtime.warehouse(reading.record.connection)
    advice = warehouse.shipments.read_shipment(reading.record.body)
    moves = [{"sku": sku, "condition": "good", "units": -units} for sku, units in advice.shipped.items()]
    document = f"shipment {advice.reference} {advice.their_id or reading.record.id}"
    try:
        with reading.db.transaction():
            _dispatch(reading, document, advice)
    except Unmappable as error:
        reading.park("dispatch-in", Unreadable(advice.reference, error))
    # after it: a count made now counts what has just left, and no order is owed it any more
    home, origin = warehouse.sites[advice.facility], warehouse.shipments.origin(reading.record.body)
    if not tell_moves(reading, origin, home, document, moves, ("dispatched", "shipped")) and moves:
        reading.run("select hold_as_told(%s, %s)", home, sorted(advice.shipped))


def _dispatch(reading: Reading, document: str, advice: ShipmentAdvice) -> None:
    known = find(reading, advice.reference, left=bool(advice.shipped))
    if known is None or not _first_time(reading, document, known, advice.shipped):
        return
    _heard_of(reading, known, shipped=bool(advice.shipped))
    gone = _gone(reading, known)
    advice = reading.runtime.warehouse(known["warehouse"]).shipments.with_absent(advice, _still_open(known, gone))
    over = _close_lines(reading, known, advice, gone)
    if advice.substituted:
        _substituted(reading, known, advice)
        return
    if advice.shipped:
        _take_change(reading, known, gone)
        if not may_ship(reading, known, gone, over=over):
            return
        ship(reading, known, _parcels(advice), advice.shipped, advice.shipped_on)
    if not over:
        return
    nothing = {outcome for outcome, _ in known["lines_closed"].values()} == {LineOutcome.CANCELLED.value}
    if not gone and (nothing or known["state"] == "cancelling"):
        cancelled(reading, known)
    else:
        closed(reading, known, gone)


def _first_time(reading: Reading, document: str, known: dict[str, Any], units: dict[str, int]) -> bool:
    """A shipment is told once: its record may be read again, after a table was mended for instance."""
    return bool(
        reading.run(
            "insert into told_shipment (connection, document, fulfilment, units) values (%s, %s, %s, %s)"
            " on conflict do nothing returning document",
            reading.record.connection,
            document,
            known["reference"],
            json.dumps(units),
        )
    )


def _gone(reading: Reading, known: dict[str, Any]) -> dict[str, int]:
    """Everything that the warehouse says has left for the order, whether Khaos was told of it or not."""
    rows = reading.run(
        "select e.key as sku, sum(e.value::integer)::integer as units from told_shipment t"
        " cross join lateral jsonb_each_text(t.units) e where t.fulfilment = %s group by 1",
        known["reference"],
    )
    return {row["sku"]: row["units"] for row in rows}


def _heard_of(reading: Reading, known: dict[str, Any], *, shipped: bool) -> None:
    """Whoever ships an order, or cancels it, has received and accepted it; a shipment beats a cancellation."""
    subject = f"order:{known['reference']}"
    over = ["received", "accepted", *(["cancelled"] if shipped else [])]
    reading.run(
        "update fulfilment set accepted_at = coalesce(accepted_at, now()) where reference = %s", known["reference"]
    )
    reading.run("delete from expectation where subject = %s and what = any (%s)", subject, over)
    reading.close_exception("answer_missing", subject, "the warehouse told more since")


def _take_change(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    """What left tells that a change was taken, whose answer is still on its way."""
    wanted = known["change"]["requested"] if known["change"] else {}
    fits = all(units <= wanted.get(sku, 0) for sku, units in gone.items())
    if wanted and fits and any(units > known["requested"].get(sku, 0) for sku, units in gone.items()):
        told = {"reference": known["reference"], "requested": wanted, "newest": True}
        reading.run("select order_changed(%s)", json.dumps(told))
        known["requested"] = wanted


def _still_open(known: dict[str, Any], gone: dict[str, int]) -> list[PickLine]:
    return [
        PickLine(sku=sku, quantity=units - gone.get(sku, 0))
        for sku, units in known["requested"].items()
        if sku not in known["lines_closed"] and units > gone.get(sku, 0)
    ]


def _close_lines(reading: Reading, known: dict[str, Any], advice: ShipmentAdvice, gone: dict[str, int]) -> bool:
    """Keep which lines are over, and with how many units less. True when all that were asked for are.

    A shipment may overtake an earlier one: a line that is over, and of which less was told than must have left, is
    still to be told of.
    """
    lines, less = dict(known["lines_closed"]), dict[str, int]()
    for line in advice.lines:
        if line.outcome.closed and (line.sku in known["requested"] or advice.substituted):
            missing = 0 if line.outcome is LineOutcome.FILLED else max(line.ordered - line.shipped, 0)
            less[line.sku] = less.get(line.sku, 0) + missing
            lines[line.sku] = [line.outcome.value, less[line.sku]]
    reading.run("update fulfilment set lines_closed = %s where reference = %s", json.dumps(lines), known["reference"])
    known["lines_closed"] = lines
    return all(sku in lines and gone.get(sku, 0) >= units - lines[sku][1] for sku, units in known["requested"].items())


def _substituted(reading: Reading, known: dict[str, Any], advice: ShipmentAdvice) -> None:
    said = ", ".join(f"{units} x {sku}" for sku, units in sorted(advice.shipped.items())) or "nothing"
    reading.file_exception(
        "substituted",
        subject=f"order:{known['reference']}",
        story=known["order_code"],
        flow="dispatch-in",
        connection=known["warehouse"],
        why=f"{known['warehouse']} sent other goods than {known['reference']} asked for ({said} left as shipment"
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
