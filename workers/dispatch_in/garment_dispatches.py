"""Dispatches line by line, by event, by read-back or by both: a unit counts once, whichever route brought it first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from mappings.canonical import GarmentLine, GarmentOrder, PickLine, WarehouseStatus
from mappings.canonical.advices import LineOutcome
from mappings.garment_book import line_of, not_booked
from workers.dispatch_in.closing import cancelled, closed
from workers.dispatch_in.departures import left_beyond
from workers.dispatch_in.garment_departures import leave, left_before
from workers.dispatch_in.item_book import ItemBook
from workers.dispatch_in.parcels import take_late_numbers
from workers.dispatch_in.readers import find, may_ship
from workers.dispatch_in.shipments import ship
from workers.dispatch_in.substitutions import other_goods, substituted
from workers.domain import calendar, transitions
from workers.domain.clocks import told_at
from workers.domain.fulfilment import OUT, FulfilmentRow, State, Units, add_to_timeline
from workers.ledger.expected import Expected
from workers.ports.sources import Kind
from workers.spine.reading import Reading

WANTED = (*OUT, State.PART_DISPATCHED)
SHORT = (LineOutcome.SHORT, LineOutcome.CANCELLED)


def read_dispatch(reading: Reading) -> None:
    """Reader of an event: one dispatch of an order, or the word that nothing more leaves. Repeats have no effect."""
    orders = reading.runtime.warehouse(reading.record.connection).garment_orders
    order = orders.read_dispatch(reading.record.body)
    row = find(reading, order.reference, left=bool(_filled(order)))
    if row is not None and _first_time(reading, row, orders.event_id(reading.record.body)):
        _take(reading, row, order, cumulative=False)


def read_shown(reading: Reading) -> None:
    """Reader of an order that was read back: it shows all that ever left, and what will not."""
    orders = reading.runtime.warehouse(reading.record.connection).garment_orders
    order = orders.read_shown(reading.record.body)
    row = find(reading, order.reference, left=bool(_filled(order)))
    if row is None:
        return
    if order.refused and row.state is State.SENT:
        # read as any answer to an order: whoever refuses it says so by an event or shows it, and both mean the same
        reading.run(
            "select receive(%s, %s, %s, %s, null)",
            reading.record.connection,
            Kind.ORDER_ADVICE.value,
            f"shown in record {reading.record.id}",
            reading.record.body,
        )
        return
    _take(reading, row, order, cumulative=True)


def _filled(order: GarmentOrder) -> list[GarmentLine]:
    return [line for line in order.lines if line.outcome is LineOutcome.FILLED and line.quantity]


def _first_time(reading: Reading, row: FulfilmentRow, event: str) -> bool:
    """Whether the event is new: a record may be read again, after a mapping was mended."""
    return bool(
        reading.run(
            "insert into told_shipment (connection, document, fulfilment, units) values (%s, %s, %s, '{}')"
            " on conflict do nothing returning document",
            reading.record.connection,
            f"event {event}",
            row.reference,
        )
    )


def _take(reading: Reading, row: FulfilmentRow, order: GarmentOrder, *, cumulative: bool) -> None:
    transitions.keep_status(reading.run, row.reference, order.status_word)
    book = ItemBook(reading.run, row.reference)
    items = book.items()
    for line in order.lines:
        line_of(line, items)
    fresh = not_booked(order, book.gone(), cumulative=cumulative)
    at = told_at(reading, order.dispatched_at or reading.record.received_at)
    others = other_goods(reading, row, fresh, items)
    before = left_before(reading, row, [line.tag for line in fresh if line.tag]) if cumulative else {}
    leave(
        reading,
        row,
        _book(book, order, fresh, at, before, cumulative=cumulative),
        {line.line_id for line in _filled(order)},
        at,
    )
    _note_shorts(reading, row, book, order, cumulative=cumulative)
    ended = order.status is WarehouseStatus.CANCELLED  # nothing more leaves
    _note_hold(reading, row, order)
    if not ended:
        _heard_of(reading, row, shipped=bool(fresh))
    gone = book.units(items)
    over = ended or not book.still_open()
    if others:
        substituted(reading, row, others)
        left_beyond(reading, row, gone)
        return
    if fresh and not may_ship(reading, row, gone, over=over):
        return
    if new := _untold(row, gone, _units(fresh, items)):
        row = ship(reading, row, order.parcels, new, calendar.day(reading.runtime, at))
    elif row.shipments:
        take_late_numbers(reading, row, order.parcels)
    if ended and not gone:
        cancelled(reading, row)
    elif over and row.state not in (State.CANCELLED, State.WITHDRAWN):
        closed(reading, row, gone)


def _book(
    book: ItemBook,
    order: GarmentOrder,
    fresh: tuple[GarmentLine, ...],
    at: datetime,
    before: Mapping[str, datetime],
    *,
    cumulative: bool,
) -> set[str]:
    """Book what left, and the tags of what was booked without. Returns the tags that are news.

    ``before`` has the tags that must have left before a moment of their own. ``at`` is the last dispatch's moment where
    the order is shown whole.
    """
    for line in fresh:
        book.depart(line, min(at, before.get(line.tag, at)), by=cumulative)
    named = {line.tag for line in _filled(order) if line.tag and book.name(line)}
    return named | {line.tag for line in fresh if line.tag}


def _units(lines: tuple[GarmentLine, ...], items: dict[str, PickLine]) -> Units:
    units: Units = {}
    for line in lines:
        sku = items[line.line_id].sku
        units[sku] = units.get(sku, 0) + line.quantity
    return units


def _untold(row: FulfilmentRow, gone: Units, fresh: Units) -> Units:
    """Of units that are booked anew, those of which Khaos Control knows nothing.

    It may have been told of some by a ledger that was lost: they are shipped, and were not booked. ``gone`` is all that
    is booked by now.
    """
    shipped = {sku: row.shipped.get(sku, 0) - (gone.get(sku, 0) - units) for sku, units in fresh.items()}
    return {sku: units - max(0, shipped[sku]) for sku, units in fresh.items() if units > shipped[sku]}


def _heard_of(reading: Reading, row: FulfilmentRow, *, shipped: bool) -> None:
    """Clear the expected answers to the order: whoever shows it or ships it has it."""
    transitions.accept(reading.run, row.reference)
    over = [Expected.RECEIVED.value, Expected.ACCEPTED.value, *([Expected.CANCELLED.value] if shipped else [])]
    reading.run("delete from expectation where subject = %s and what = any (%s)", row.subject, over)
    reading.close_exception("answer_missing", row.subject, "the warehouse shows the order")


def _note_hold(reading: Reading, row: FulfilmentRow, order: GarmentOrder) -> None:
    """File that the warehouse waits for somebody, and close it when the order goes on."""
    if not order.held:
        reading.close_exception("held_at_warehouse", row.subject, f"{row.warehouse} shows it {order.status_word}")
    elif row.state in WANTED:
        reading.file_exception(
            "held_at_warehouse",
            subject=row.subject,
            story=row.order_code,
            flow="dispatch-in",
            connection=row.warehouse,
            why=f"{row.warehouse} shows {row.reference} as {order.status_word}",
        )


def _note_shorts(
    reading: Reading, row: FulfilmentRow, book: ItemBook, order: GarmentOrder, *, cumulative: bool
) -> None:
    """Keep how many units of each line will not leave, and why."""
    units: Units = {}
    reasons: dict[str, str] = {}
    for line in order.lines:
        if line.outcome in SHORT:
            units[line.line_id] = units.get(line.line_id, 0) + line.quantity
            reasons[line.line_id] = line.short_reason or line.outcome_word
    changed = book.short(units, cumulative=cumulative)
    for item in changed:
        note = f"{units[item]} of line {item}: {reasons[item]}"
        add_to_timeline(reading.run, row, "short", note, flow="dispatch-in")
