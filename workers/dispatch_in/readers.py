"""The queue ``dispatch-in``: what left a warehouse, once, into Khaos Control; and the re-reads that find out."""

from __future__ import annotations

import json
from typing import Any

from mappings.canonical import WarehouseStatus
from workers.dispatch_in.closing import cancelled, closed
from workers.dispatch_in.departures import left
from workers.dispatch_in.shipments import ship
from workers.domain.rereads import reread
from workers.ledger.store import run_effects
from workers.ports.sources import event_of
from workers.spine.reading import Reading


def read_hint(reading: Reading) -> None:
    """Reader of a webhook: something happened to an order, so re-read it."""
    orders = reading.runtime.warehouse(reading.record.connection).order_reads
    hint = orders.read_hint(event_of(reading.record.source) or "", reading.record.body)
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


def read_order(reading: Reading) -> None:
    """Reader of a re-read order: what left since we last knew becomes a shipment."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    order = warehouse.order_reads.read_order(reading.record.body, reading.record.received_at)
    known = find(reading, order.reference, left=any(line.dispatched for line in order.lines))
    if known is None:
        return
    gone = {line.sku: line.dispatched for line in order.lines if line.dispatched}
    new = {sku: n - known["shipped"].get(sku, 0) for sku, n in gone.items() if n > known["shipped"].get(sku, 0)}
    over = order.status is WarehouseStatus.DISPATCHED
    if new and not may_ship(reading, known, gone, over=over):
        return
    if new:
        ship(reading, known, order.parcels, new)
    if over:
        closed(reading, known, gone)
    elif order.status is WarehouseStatus.CANCELLED:
        cancelled(reading, known)


def find(reading: Reading, reference: str, *, left: bool) -> dict[str, Any] | None:
    """The fulfilment that a warehouse speaks of, locked. One that nobody sent is an exception where goods left."""
    connection = reading.record.connection
    rows = reading.run(
        "select * from fulfilment where reference = %s and warehouse = %s for update", reference, connection
    )
    if not rows and left:
        reading.file_exception(
            "dispatch_unknown_order",
            subject=f"order:{reference}",
            story=reference,
            flow="dispatch-in",
            connection=connection,
            why=f"{connection} dispatched {reference}, which the fleet never sent",
        )
    return rows[0] if rows else None


def may_ship(reading: Reading, known: dict[str, Any], gone: dict[str, int], *, over: bool) -> bool:
    """Whether what has left until now is what was asked for. ``over``: nothing more will leave."""
    subject, story, connection = f"order:{known['reference']}", known["order_code"], known["warehouse"]
    if known["state"] in ("cancelling", "cancelled", "withdrawn"):
        kind = "changed_after_release" if known["resend"] else "shipped_after_cancel"
        reading.file_exception(
            kind,
            subject=subject,
            story=story,
            flow="dispatch-in",
            connection=connection,
            why=f"{connection} dispatched {known['reference']} although it was to be cancelled",
        )
        late = {sku: n - known["shipped"].get(sku, 0) for sku, n in gone.items() if n > known["shipped"].get(sku, 0)}
        left(reading, known, f"{known['reference']}/late {reading.record.id}", late)
        reading.run(
            "update fulfilment set shipped = %s, state = %s, changed_at = now() where reference = %s",
            json.dumps(gone),
            "dispatched" if over else known["state"],  # else what leaves later is told as well
            known["reference"],
        )
        return False
    beyond = {sku: (n, known["requested"].get(sku, 0)) for sku, n in gone.items() if n > known["requested"].get(sku, 0)}
    if beyond:
        said = ", ".join(f"{sku}: {n} left, {asked} ordered" for sku, (n, asked) in sorted(beyond.items()))
        reading.file_exception(
            "over_shipped", subject=subject, story=story, flow="dispatch-in", connection=connection, why=said
        )
        reading.run("delete from expectation where subject = %s", subject)
        return False
    return True
