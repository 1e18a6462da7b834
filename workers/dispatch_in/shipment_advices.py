"""Shipment advices (945), each shipment once: the stock that went, the shipment, and lines that are over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from mappings.canonical import Parcel, PickLine
from mappings.canonical.advices import LineOutcome, ShipmentAdvice
from mappings.errors import Unmappable, Unreadable
from workers.dispatch_in.closing import cancelled, closed
from workers.dispatch_in.departures import left_beyond
from workers.dispatch_in.parcels import name_unused
from workers.dispatch_in.readers import find, may_ship
from workers.dispatch_in.shipments import ship
from workers.dispatch_in.substitutions import substituted
from workers.domain import calendar, transitions
from workers.domain.fulfilment import FulfilmentRow, Units, add_to_timeline
from workers.domain.stock_movements import tell_moves
from workers.ledger.expected import Expected
from workers.spine.reading import Reading


def read_shipment(reading: Reading) -> None:
    """Reader of a shipment advice. Its stock has left whatever else is wrong with it."""
    warehouse = reading.runtime.warehouse(reading.record.connection)
    advice = warehouse.shipments.read_shipment(reading.record.body)
    moves = [{"sku": sku, "condition": "good", "units": -units} for sku, units in advice.shipped.items()]
    document = f"shipment {advice.reference} {advice.their_id or reading.record.id}"
    if advice.shipped:  # of a parcel that never was, the number helps nobody: that nothing left is named as such
        name_unused(reading, advice.reference, advice.their_id, advice.not_used)
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
    row = find(reading, advice.reference, left=bool(advice.shipped))
    if row is None or not _first_time(reading, document, row, advice.shipped):
        return
    _heard_of(reading, row, shipped=bool(advice.shipped))
    gone = _gone(reading, row)
    advice = reading.runtime.warehouse(row.warehouse).shipments.with_absent(advice, _still_open(row, gone))
    row = _close_lines(reading, row, advice)
    over = _all_over(row, gone)
    if advice.substituted:
        shipped = ", ".join(f"{units} x {sku}" for sku, units in sorted(advice.shipped.items())) or "nothing"
        substituted(reading, row, [f"{shipped} left as shipment {advice.their_id}"])
        left_beyond(reading, row, gone)
        return
    if advice.shipped:
        row = _take_change(reading, row, gone)
        if not may_ship(reading, row, gone, over=over):
            return
        row = ship(reading, row, _parcels(advice), advice.shipped, _left_on(reading, row, advice.shipped_on))
    if not over:
        return
    nothing = {outcome for outcome, _ in row.lines_closed.values()} == {LineOutcome.CANCELLED.value}
    if not gone and nothing:
        cancelled(reading, row)
    else:
        closed(reading, row, gone)


def _first_time(reading: Reading, document: str, row: FulfilmentRow, units: Units) -> bool:
    """Whether the shipment is new: a record may be read again, after a mapping was mended."""
    return bool(
        reading.run(
            "insert into told_shipment (connection, document, fulfilment, units) values (%s, %s, %s, %s)"
            " on conflict do nothing returning document",
            reading.record.connection,
            document,
            row.reference,
            json.dumps(units),
        )
    )


def _gone(reading: Reading, row: FulfilmentRow) -> Units:
    """All units that left for the order by the warehouse's advices, sent to Khaos or not."""
    rows = reading.run(
        "select e.key as sku, sum(e.value::integer)::integer as units from told_shipment t"
        " cross join lateral jsonb_each_text(t.units) e where t.fulfilment = %s group by 1",
        row.reference,
    )
    return {row["sku"]: row["units"] for row in rows}


def _heard_of(reading: Reading, row: FulfilmentRow, *, shipped: bool) -> None:
    """Clear the expected answers to the order: whoever ships or cancels it has accepted it."""
    subject = row.subject
    over = [Expected.RECEIVED.value, Expected.ACCEPTED.value, *([Expected.CANCELLED.value] if shipped else [])]
    transitions.accept(reading.run, row.reference)
    reading.run("delete from expectation where subject = %s and what = any (%s)", subject, over)
    for kind in ("answer_missing", "envelope_faulted"):
        reading.close_exception(kind, subject, "the warehouse told more since")


def _take_change(reading: Reading, row: FulfilmentRow, gone: Units) -> FulfilmentRow:
    """Take a change whose answer is still on its way, where what left fits only that."""
    wanted = row.change["requested"] if row.change else {}
    fits = all(units <= wanted.get(sku, 0) for sku, units in gone.items())
    if wanted and fits and any(units > row.requested.get(sku, 0) for sku, units in gone.items()):
        transitions.take_change(reading.run, row.reference, wanted, newest=True)
        return replace(row, requested=wanted)
    return row


def _still_open(row: FulfilmentRow, gone: Units) -> list[PickLine]:
    return [
        PickLine(sku=sku, quantity=units - gone.get(sku, 0))
        for sku, units in row.requested.items()
        if sku not in row.lines_closed and units > gone.get(sku, 0)
    ]


def _close_lines(reading: Reading, row: FulfilmentRow, advice: ShipmentAdvice) -> FulfilmentRow:
    """Keep which lines are over, and with how many units less."""
    lines, less = dict(row.lines_closed), dict[str, int]()
    for line in advice.lines:
        if line.outcome.closed and (line.sku in row.requested or advice.substituted):
            missing = 0 if line.outcome is LineOutcome.FILLED else max(line.ordered - line.shipped, 0)
            less[line.sku] = less.get(line.sku, 0) + missing
            lines[line.sku] = (line.outcome.value, less[line.sku])
    return transitions.close_lines(reading.run, row, lines)


def _all_over(row: FulfilmentRow, gone: Units) -> bool:
    """Whether every line that was asked for is over.

    A shipment may overtake an earlier one: a line that is over with fewer units advised than must have left
    awaits another advice.
    """
    lines = row.lines_closed
    return all(sku in lines and gone.get(sku, 0) >= units - lines[sku][1] for sku, units in row.requested.items())


def _left_on(reading: Reading, row: FulfilmentRow, named: date | None) -> date | None:
    """The day on which goods left; the day on which that was told, where the warehouse names one that is to come."""
    told = calendar.day(reading.runtime, reading.record.received_at)
    if named is None or named <= told + timedelta(days=1):  # a building may be a day ahead of the merchant
        return named
    add_to_timeline(reading.run, row, "day of dispatch", f"named as {named}, told on {told}", flow="dispatch-in")
    return told


def _parcels(advice: ShipmentAdvice) -> list[Parcel]:
    return [
        Parcel(
            tracking=carton.tracking or carton.sscc, carrier=advice.carrier, service=advice.service,
            shipment=advice.their_id,
        )
        for carton in advice.cartons
    ]  # fmt: skip
