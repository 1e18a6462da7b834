"""More has left than we knew: that is one shipment, with the parcels that are new, and a message about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from mappings.canonical import Parcel, PickLine, Shipment
from mappings.canonical.consignments import consignment_of
from workers.dispatch_in.departures import left
from workers.dispatch_in.routes import BY_HAND, EXTENSION, route_of
from workers.ledger.store import NewMessage
from workers.spine.reading import Reading


def ship(
    reading: Reading, known: dict[str, Any], parcels: Iterable[Parcel], new: dict[str, int], on: date | None = None
) -> None:
    """Write down the units that are ``new`` as a shipment of the fulfilment (its row, which is brought up to date).

    ``on`` is the day on which they left, where the warehouse tells it.
    """
    warehouse = reading.runtime.warehouse(known["warehouse"])
    number = known["shipments"] + 1
    reference = f"{known['reference']}/S{number}"
    parcels = _new_parcels(reading, known["reference"], parcels)
    courier = next((warehouse.dispatches.courier(p.carrier, p.service) for p in parcels if p.carrier or p.service), "")
    shipped = {**known["shipped"]}
    for sku, units in new.items():
        shipped[sku] = shipped.get(sku, 0) + units
    complete = shipped == known["requested"]
    lines = tuple(PickLine(sku=sku, quantity=units) for sku, units in sorted(new.items()))
    shipment = Shipment(
        reference=reference,
        fulfilment=known["reference"],
        order_code=known["order_code"],
        invoice_code=known["invoice_code"],
        lines=lines,
        parcels=tuple(parcels),
        courier=courier,
        dispatched_on=on or reading.record.received_at.date(),
        complete=complete,
    )
    route = route_of(reading.runtime, known["warehouse"])
    reading.run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, route, consignment)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        reference, known["reference"], number, known["invoice_code"], json.dumps(new),
        json.dumps([p.model_dump() for p in parcels]), route, consignment_of(parcels, reference),
    )  # fmt: skip
    left(reading, known, reference, new)
    state = "dispatched" if complete else "part_dispatched"
    reading.run(
        "update fulfilment set shipped = %s, shipments = %s, state = %s, confirmed = false, changed_at = now()"
        " where reference = %s",
        json.dumps(shipped), number, state, known["reference"],
    )  # fmt: skip
    known |= {"shipped": shipped, "shipments": number, "state": state}
    reading.post(
        NewMessage(
            flow="dispatch-in",
            connection=reading.runtime.configuration.erp.name,
            kind="shipment",
            reference=reference,
            # a call ships what it names, so the parts go one after the other; by hand, what leaves later may make
            # the invoice whole, and must not wait for the first part
            subject=f"shipment:{reference if route in BY_HAND else known['reference']}",
            story=known["order_code"],
            body=shipment.model_dump(mode="json"),
            fingerprint=reference,
            wire=reading.runtime.erp.write_shipment(shipment) if number == 1 and route == EXTENSION else None,
            note=f"{sum(new.values())} units in {len(parcels)} parcels left {known['warehouse']}",
        )
    )


def _new_parcels(reading: Reading, fulfilment: str, parcels: Iterable[Parcel]) -> list[Parcel]:
    told = {
        (p["tracking"], p["shipment"])
        for row in reading.run("select parcels from shipment where fulfilment = %s", fulfilment)
        for p in row["parcels"]
    }
    return [p for p in parcels if (p.tracking, p.shipment) not in told]
