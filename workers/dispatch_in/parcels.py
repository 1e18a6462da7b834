"""Which parcels of a dispatch are new: numbers that come after it, and numbers that nobody can place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from mappings.canonical import Parcel
from mappings.canonical.consignments import consignment_of
from workers.dispatch_in.routes import BEFORE, HOOK
from workers.domain.fulfilment import FulfilmentRow
from workers.spine import exceptions
from workers.spine.exceptions import Once
from workers.spine.reading import Reading


def new_parcels(reading: Reading, fulfilment: str, parcels: Iterable[Parcel]) -> list[Parcel]:
    """Those that no shipment of the fulfilment has yet, by number and the warehouse's shipment."""
    told = {
        (p["tracking"], p["shipment"])
        for row in reading.run("select parcels from shipment where fulfilment = %s", fulfilment)
        for p in row["parcels"]
    }
    return [p for p in parcels if (p.tracking, p.shipment) not in told]


def name_unused(reading: Reading, reference: str, shipment: str, numbers: Sequence[str]) -> None:
    """File the tracking numbers of a dispatch that are in none of its parcels, by the order that they came with."""
    if not numbers:
        return
    connection = reading.record.connection
    exceptions.file(
        reading.run,
        "tracking_not_used",
        subject=f"tracking:{reference}:{shipment}",
        story=_story(reading, reference),
        flow="dispatch-in",
        connection=connection,
        why=f"{connection} tells numbers for {' '.join(filter(None, (reference, shipment)))} that are no parcel's by"
        f" where they stand, and Khaos Control was not told of them: {'; '.join(numbers)}",
        record=reading.record.id,
        once=Once.OR_DISMISSED,
    )


def take_late_numbers(reading: Reading, row: FulfilmentRow, parcels: Iterable[Parcel]) -> None:
    """Keep tracking numbers that come after their dispatch, and tell Khaos while it has not been told of the shipment.

    Later than that nothing is sent: whether a second telling would correct the first or ship the goods again is not
    settled for any route. Each number is then an exception; but the numbers that a shipment from before this ledger
    left with are not, where Khaos shows a number for it.
    """
    late = [parcel for parcel in new_parcels(reading, row.reference, parcels) if parcel.tracking]
    if not late:
        return
    shipments = reading.run(
        "select reference, invoice_code, parcels, route, consignment, confirmed_at from shipment where fulfilment = %s"
        " order by number for update",
        row.reference,
    )
    of_old = {
        one["reference"] for one in shipments if one["route"] == BEFORE and one["consignment"] and not one["parcels"]
    }
    for parcel in late:
        shipment = next((one for one in shipments if _is_of(parcel, one) or _nameless(one)), shipments[-1])
        _take(reading, row, shipment, parcel, told=shipment["reference"] in of_old)


def _is_of(parcel: Parcel, shipment: dict[str, Any]) -> bool:
    return any(told["shipment"] == parcel.shipment for told in shipment["parcels"])


def _nameless(shipment: dict[str, Any]) -> bool:
    """Whether it was told without any number or name of its own: the first number that comes is its."""
    return all(not told["tracking"] and not told["shipment"] for told in shipment["parcels"])


def _take(reading: Reading, row: FulfilmentRow, shipment: dict[str, Any], parcel: Parcel, *, told: bool) -> None:
    """Keep a number with its shipment. ``told``: Khaos had the shipment's numbers before this ledger knew of it."""
    kept: list[dict[str, Any]] = shipment["parcels"]
    blank = next(
        (n for n, one in enumerate(kept) if one["shipment"] in (parcel.shipment, "") and not one["tracking"]), None
    )
    if blank is None:
        kept.append(parcel.model_dump())
    else:
        kept[blank] = parcel.model_dump()
    in_time = _goes_with_it(reading, shipment)
    named = [Parcel.model_validate(one) for one in kept]
    consignment = consignment_of(named, shipment["reference"]) if in_time else shipment["consignment"]
    reading.run(
        "update shipment set parcels = %s, consignment = %s where reference = %s",
        json.dumps(kept),
        consignment,
        shipment["reference"],
    )
    if told:
        return
    note = f"{row.warehouse} tells {parcel.tracking} for its shipment {parcel.shipment or '-'} after the dispatch"
    reading.run(
        "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, 'dispatch-in', %s,"
        " 'tracking number', %s)",
        row.order_code,
        row.subject,
        row.warehouse,
        note,
    )
    if not in_time:
        reading.file_exception(
            "tracking_late",
            subject=f"tracking:{shipment['reference']}:{parcel.tracking}",
            story=row.order_code,
            flow="dispatch-in",
            connection=row.warehouse,
            why=f"{note}, of which Khaos Control was told as {shipment['reference']} without it: add the number to"
            f" invoice {shipment['invoice_code']}",
        )


def _goes_with_it(reading: Reading, shipment: dict[str, Any]) -> bool:
    """Whether Khaos can still be told with the shipment itself: it has not asked yet, or nothing was sent yet."""
    if shipment["confirmed_at"] is not None:
        return False
    if shipment["route"] == HOOK:
        return not reading.run("select 1 as one from courier_answer where shipment = %s limit 1", shipment["reference"])
    waiting = reading.run(
        "select id from message where flow = 'dispatch-in' and kind = 'shipment' and reference = %s"
        " and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null for update skip locked",
        shipment["reference"],
    )
    for message in waiting:  # it is written anew, from what it says now
        reading.run(
            "update message_body set body = jsonb_set(body, '{parcels}', %s::jsonb), wire = null where message_id = %s",
            json.dumps(shipment["parcels"]),
            message["id"],
        )
    return bool(waiting)


def _story(reading: Reading, reference: str) -> str:
    rows = reading.run("select order_code from fulfilment where reference = %s", reference)
    return str(rows[0]["order_code"]) if rows else reference
