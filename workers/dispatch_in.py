"""The queue ``dispatch-in``: what left a warehouse, once, into Khaos Control; and the re-reads that find out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Parcel, PickLine, Shipment, WarehouseOrder, WarehouseStatus
from workers.delivery import Absent
from workers.ledger.store import Claimed, Effect, NewMessage, run_effects
from workers.outcomes import Dead, Delivered, NotNeeded, Outcome, Sent
from workers.reading import Reading
from workers.remainders import give_back
from workers.runtime import Runtime

SHOWN = "khaos_shows"


def read_hint(reading: Reading) -> None:
    """Reader of a webhook: something happened to an order, so re-read it."""
    hint = reading.runtime.warehouse(reading.record.connection).read_hint(reading.record.source, reading.record.body)
    post_reread(reading, hint.their_id, hint.reference, reading.record.source)


def read_sweep(reading: Reading) -> None:
    """Reader of a sweep: orders whose state changed without a webhook."""
    for their_id, reference in json.loads(reading.record.body)["orders"]:
        post_reread(reading, their_id, reference, "found by the sweep")


def post_reread(reading: Reading, their_id: str, reference: str, why: str) -> None:
    """Ask for the fact behind a hint. Hints of one order that wait together are one re-read."""
    connection = reading.record.connection
    row = reading.run(
        "select reference, order_code, their_id from fulfilment where warehouse = %s and (reference = %s or"
        " their_id = %s)"
        " order by reference = %s desc limit 1",
        connection,
        reference,
        their_id,
        reference,
    )
    known = row[0] if row else {"reference": reference or their_id, "order_code": reference or their_id}
    posted = reread(connection, known.get("their_id") or their_id, known, why, mark=str(reading.record.id))
    run_effects(reading.db, [posted])


def reread(connection: str, their_id: str, known: dict[str, Any], why: str, *, mark: str = "") -> Effect:
    """The statement that has an order re-read at its warehouse; ``known`` is its fulfilment's row."""
    name = known["reference"]
    return NewMessage(
        flow="dispatch-in",
        connection=connection,
        kind="reread",
        reference=name,
        subject=f"reread:{connection}:{name}",
        story=known["order_code"],
        body={"their_id": their_id, "reference": name},
        fingerprint=mark or why,
        wire=b"reread",
        priority=4,
        note=why,
    ).as_effect()


@dataclass(frozen=True, slots=True)
class Reread:
    """Reads an order at its warehouse; the fact becomes a fresh record."""

    runtime: Runtime
    repeatable: bool = True  # a read
    refused: str = "refused_by_warehouse"

    def write(self, message: Claimed) -> bytes | Outcome:
        """Nothing to write."""
        return b"reread"

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Fetch it, and keep what was shown."""
        body = message.body
        self.runtime.pace(message.connection)
        warehouse = self.runtime.warehouse(message.connection)
        wanted = (body["their_id"], body["reference"])
        shown = warehouse.fetch_orders([wanted], self.runtime.facts(message.connection)).get(body["reference"])
        if shown is None:
            return self._gone(message)
        receipt = hashlib.sha256(shown).hexdigest()
        return Delivered(
            "re-read", (Effect("select receive(%s, 'order', %s, %s, null)", (message.connection, receipt, shown)),)
        )

    def _gone(self, message: Claimed) -> Outcome:
        row = self.runtime.store.row("select state from fulfilment where reference = %s", message.reference)
        if row is None:
            return Dead("dispatch_unknown_order", f"the warehouse spoke of {message.reference}, which nobody knows")
        if row["state"] in ("cancelled", "cancelling", "withdrawn"):
            return NotNeeded("the order is not there any more: it was cancelled")
        return Dead("cancelled_at_warehouse", "the warehouse has deleted the order")

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """Not needed: a read is harmless."""
        return Absent()


def read_order(reading: Reading) -> None:
    """Reader of a re-read order: what left since we last knew becomes a shipment."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    order = warehouse.read_order(reading.record.body, reading.record.received_at)
    rows = reading.run(
        "select * from fulfilment where reference = %s and warehouse = %s for update", order.reference, connection
    )
    if not rows:
        if any(line.dispatched for line in order.lines):
            reading.file_exception(
                "dispatch_unknown_order",
                f"order:{order.reference}",
                order.reference,
                "dispatch-in",
                connection,
                f"{connection} dispatched {order.reference} (its id {order.their_id}), which the fleet never sent",
            )
        return
    known = rows[0]
    gone = {line.sku: line.dispatched for line in order.lines if line.dispatched}
    new = {sku: n - known["shipped"].get(sku, 0) for sku, n in gone.items() if n > known["shipped"].get(sku, 0)}
    if new and not _may_ship(reading, known, order, gone):
        return
    if new:
        _ship(reading, known, order, new)
    if order.status is WarehouseStatus.DISPATCHED:
        _closed(reading, known, gone)
    elif order.status is WarehouseStatus.CANCELLED:
        _cancelled(reading, known)


def _may_ship(reading: Reading, known: dict[str, Any], order: WarehouseOrder, gone: dict[str, int]) -> bool:
    subject, story, connection = f"order:{known['reference']}", known["order_code"], known["warehouse"]
    if known["state"] in ("cancelling", "cancelled", "withdrawn"):
        kind = "changed_after_release" if known["resend"] else "shipped_after_cancel"
        reading.file_exception(
            kind,
            subject,
            story,
            "dispatch-in",
            connection,
            f"{connection} dispatched {order.reference} although it was to be cancelled",
        )
        all_gone = order.status is WarehouseStatus.DISPATCHED  # else the state stays: what leaves later is told as well
        reading.run(
            "update fulfilment set shipped = %s, state = %s, changed_at = now() where reference = %s",
            json.dumps(gone),
            "dispatched" if all_gone else known["state"],
            known["reference"],
        )
        return False
    over = {sku: (n, known["requested"].get(sku, 0)) for sku, n in gone.items() if n > known["requested"].get(sku, 0)}
    if over:
        said = ", ".join(f"{sku}: {n} left, {asked} ordered" for sku, (n, asked) in sorted(over.items()))
        reading.file_exception("over_shipped", subject, story, "dispatch-in", connection, said)
        reading.run("delete from expectation where subject = %s", subject)
        return False
    return True


def _ship(reading: Reading, known: dict[str, Any], order: WarehouseOrder, new: dict[str, int]) -> None:
    warehouse = reading.runtime.warehouse(known["warehouse"])
    number = known["shipments"] + 1
    reference = f"{known['reference']}/S{number}"
    parcels = _new_parcels(reading, known["reference"], order.parcels)
    courier = next((warehouse.courier(p.carrier, p.service) for p in parcels if p.carrier), "")
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
        dispatched_on=reading.record.received_at.date(),
        complete=complete,
    )
    reading.run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels) values (%s, %s, %s,"
        " %s, %s, %s)",
        reference, known["reference"], number, known["invoice_code"], json.dumps(new),
        json.dumps([p.model_dump() for p in parcels]),
    )  # fmt: skip
    reading.run(
        "update fulfilment set shipped = %s, shipments = %s, state = %s, confirmed = false, changed_at = now()"
        " where reference = %s",
        json.dumps(shipped), number, "dispatched" if complete else "part_dispatched", known["reference"],
    )  # fmt: skip
    known |= {"shipped": shipped, "shipments": number, "state": "dispatched" if complete else "part_dispatched"}
    first = number == 1 and reading.runtime.erp.dispatch_route() != "none"
    reading.post(
        NewMessage(
            flow="dispatch-in",
            connection=reading.runtime.configuration.erp.name,
            kind="shipment",
            reference=reference,
            subject=f"shipment:{known['reference']}",
            story=known["order_code"],
            body=shipment.model_dump(mode="json"),
            fingerprint=reference,
            wire=reading.runtime.erp.write_shipment(shipment) if first else None,
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


def _closed(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    subject = f"order:{known['reference']}"
    reading.run("delete from expectation where subject = %s and what = 'dispatch'", subject)
    reading.run("select close_exception('dispatch_overdue', %s, 'it was dispatched', 'fleet')", subject)
    short = {sku: n - gone.get(sku, 0) for sku, n in known["requested"].items() if n > gone.get(sku, 0)}
    if not short:
        _bring_the_rest(reading, known, gone)
        return
    reading.run(
        "update fulfilment set state = 'closed_short', changed_at = now() where reference = %s and state in"
        " ('new', 'sent', 'part_dispatched')",
        known["reference"],
    )
    if known["shipments"]:
        give_back(reading.db, known)
    said = ", ".join(f"{sku}: {units} missing" for sku, units in sorted(short.items()))
    reading.file_exception("short_pick", subject, known["order_code"], "dispatch-in", known["warehouse"],
        f"{known['warehouse']} closed {known['reference']} short ({said})",
    )  # fmt: skip


def _bring_the_rest(reading: Reading, known: dict[str, Any], gone: dict[str, int]) -> None:
    """What an earlier fulfilment of the order was short of may have left with this one: then that is over."""
    earlier = reading.run(
        "select reference, requested, shipped from fulfilment where erp = %s and order_code = %s and number <= %s",
        known["erp"],
        known["order_code"],
        known["number"],
    )
    for row in earlier:
        own = row["reference"] == known["reference"]
        short = {s: n - row["shipped"].get(s, 0) for s, n in row["requested"].items() if n > row["shipped"].get(s, 0)}
        if own or all(gone.get(sku, 0) >= units for sku, units in short.items()):
            reading.run(
                "select close_exception('short_pick', %s, 'the rest left as ' || %s, 'fleet')",
                f"order:{row['reference']}",
                known["reference"],
            )


def _cancelled(reading: Reading, known: dict[str, Any]) -> None:
    if known["state"] == "cancelling":
        reading.tell(known, "cancelled", "the warehouse shows it cancelled")
    elif known["state"] in ("new", "sent"):
        reading.file_exception(
            "cancelled_at_warehouse",
            f"order:{known['reference']}",
            known["order_code"],
            "dispatch-in",
            known["warehouse"],
            f"{known['warehouse']} cancelled {known['reference']}, which Khaos Control still wants",
        )


@dataclass(frozen=True, slots=True)
class ShipmentTo:
    """A shipment into Khaos Control; done only when Khaos shows it."""

    runtime: Runtime
    repeatable: bool = True  # idempotent over there on our shipment reference
    refused: str = "refused_by_khaos"

    def write(self, message: Claimed) -> bytes | Outcome:
        """The bytes for the route that is set; a later part goes to the invoice that holds the rest by then."""
        if self.runtime.erp.dispatch_route() == "none":
            return Dead("dispatch_route_missing", "no route is set for telling Khaos Control of dispatches")
        shipment = Shipment.model_validate_json(message.body_text)
        row = self.runtime.store.row("select invoice_code from shipment where reference = %s", shipment.reference)
        if row is not None and row["invoice_code"] != shipment.invoice_code:
            shipment = shipment.model_copy(update={"invoice_code": row["invoice_code"]})
        return self.runtime.erp.write_shipment(shipment)

    def push(self, message: Claimed, wire: bytes) -> Outcome:
        """Tell Khaos; the batched read-back proves it."""
        self.runtime.pace(message.connection)
        self.runtime.erp.send_shipment(wire)
        return Sent(SHOWN, self.runtime.configuration.fleet.limits.proof, "Khaos Control was told")

    def look_up(self, message: Claimed, wire: bytes) -> Outcome | Absent:
        """Not needed: telling again is harmless."""
        return Absent()
