"""Shipments: units that left since the last one, with the new parcels, and a message to Khaos."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from mappings.canonical import LineKind, Parcel, PickLine, Shipment
from mappings.canonical.consignments import consignment_of
from workers.dispatch_in.departures import forget_beyond, left
from workers.dispatch_in.parcels import new_parcels
from workers.dispatch_in.routes import BY_HAND, EXTENSION, route_of
from workers.domain import calendar, transitions
from workers.domain.fulfilment import FulfilmentRow, Rows, State, Units
from workers.ledger.expected import Expected
from workers.ledger.store import NewMessage
from workers.spine import exceptions
from workers.spine.reading import Reading


def ship(
    reading: Reading, row: FulfilmentRow, parcels: Iterable[Parcel], new: Units, on: date | None = None
) -> FulfilmentRow:
    """Write down the units that are ``new`` as a shipment of the fulfilment. Returns it as it stands then.

    ``on`` is the day on which they left, where the warehouse names it.
    """
    warehouse = reading.runtime.warehouse(row.warehouse)
    after = transitions.dispatch(reading.run, row, new)
    number = after.shipments
    reference = f"{row.reference}/S{number}"
    parcels = new_parcels(reading, row.reference, parcels)
    courier = next((warehouse.dispatches.courier(p.carrier, p.service) for p in parcels if p.carrier or p.service), "")
    shipment = Shipment(
        reference=reference,
        fulfilment=row.reference,
        order_code=row.order_code,
        invoice_code=row.invoice_code,
        lines=_lines(reading, row, new),
        parcels=tuple(parcels),
        courier=courier,
        dispatched_on=on or calendar.day(reading.runtime, reading.record.received_at),
        complete=after.state is State.DISPATCHED,
    )
    route = route_of(reading.runtime, row.warehouse)
    reading.run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, route, consignment)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        reference, row.reference, number, row.invoice_code, json.dumps(new),
        json.dumps([p.model_dump() for p in parcels]), route, consignment_of(parcels, reference),
    )  # fmt: skip
    forget_beyond(reading, row)
    left(reading, row, reference, new)
    awaited = await_no_more(reading.run, row.subject)
    if after.state is State.PART_DISPATCHED:
        await_rest(reading.run, row, _rest_due(reading, row.warehouse, awaited))
    reading.post(
        NewMessage(
            flow="dispatch-in",
            connection=reading.runtime.configuration.erp.name,
            kind="shipment",
            reference=reference,
            # a call ships what it names, so the parts go one after the other; by hand, what leaves later may make
            # the invoice whole, and must not wait for the first part
            subject=f"shipment:{reference if route in BY_HAND else row.reference}",
            story=row.order_code,
            body=shipment.model_dump(mode="json"),
            fingerprint=reference,
            wire=reading.runtime.erp.write_shipment(shipment) if number == 1 and route == EXTENSION else None,
            note=f"{sum(new.values())} units in {len(parcels)} parcels left {row.warehouse}",
        )
    )
    return after


def _lines(reading: Reading, row: FulfilmentRow, new: Units) -> tuple[PickLine, ...]:
    """The units that are new, by SKU; where a SKU is both hired and sold, sold units are taken to leave first."""
    items = reading.run(
        "select sku, coalesce(sum(units) filter (where kind <> 'hire'), 0)::integer as sold"
        " from order_item where fulfilment = %s and sku = any (%s) group by sku having bool_or(kind = 'hire')",
        row.reference,
        sorted(new),
    )
    sales = {one["sku"]: one["sold"] for one in items}
    found: list[PickLine] = []
    for sku, units in sorted(new.items()):
        before = row.shipped.get(sku, 0)
        sold = min(units, max(0, sales[sku] - before)) if sku in sales else units
        parts = ((LineKind.SALE, sold), (LineKind.HIRE, units - sold))
        found += [PickLine(sku=sku, quantity=number, kind=kind) for kind, number in parts if number]
    return tuple(found)


def await_no_more(run: Rows, subject: str) -> list[datetime]:
    """Await no more that an order leaves: goods of it did. Returns by when they, or its rest, had to."""
    over = [Expected.DISPATCH.value, Expected.REST.value]
    awaited = run("delete from expectation where subject = %s and what = any (%s) returning due_at", subject, over)
    exceptions.close(run, "dispatch_overdue", subject, "goods of it left")
    return [one["due_at"] for one in awaited]


def await_rest(run: Rows, row: FulfilmentRow, due: datetime) -> None:
    """Expect what has not left yet."""
    run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, %s, %s,"
        " %s, 'dispatch_overdue', 'dispatch-in', %s)",
        row.subject,
        Expected.REST.value,
        row.order_code,
        due,
        row.warehouse,
    )


def _rest_due(reading: Reading, connection: str, awaited: Iterable[datetime]) -> datetime:
    """By when the rest must leave; by working days, where they count, and not before the whole had to."""
    now = datetime.now(UTC)
    orders = reading.runtime.warehouse(connection).parts.garment_orders
    if orders is None:
        return now + timedelta(seconds=reading.runtime.configuration.fleet.limits.dispatch)
    return max(orders.due(None, now), *awaited)
