"""The queue ``dispatch-in``: what left a warehouse, once, into Khaos Control; and the re-reads that find out."""

from __future__ import annotations

import json

from mappings.canonical import WarehouseStatus
from workers.dispatch_in.closing import cancelled, closed
from workers.dispatch_in.departures import left, left_beyond
from workers.dispatch_in.parcels import name_unused, take_late_numbers
from workers.dispatch_in.shipments import ship
from workers.domain import aliases, transitions
from workers.domain.fulfilment import TAKEN_BACK, FulfilmentRow, State, read_row
from workers.domain.rereads import reread
from workers.ledger.store import run_effects
from workers.ports.sources import event_of
from workers.spine import restored
from workers.spine.reading import Reading

# one statement, because every webhook asks: our number of an order by either of its names, and what we know of it
NAMES = """
select coalesce(f.reference, n.ours) as reference, f.order_code, f.their_id
  from (select coalesce((select reference from reference_alias where connection = %s and alias = %s), %s) as ours) n
  left join lateral (select reference, order_code, their_id from fulfilment
                      where warehouse = %s and (reference = n.ours or their_id = %s)
                      order by reference = n.ours desc limit 1) f on true
"""


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
    (name,) = reading.run(NAMES, connection, reference, reference, connection, their_id)
    ours = name["reference"] or their_id
    posted = reread(
        connection,
        name["their_id"] or their_id,
        ours,
        name["order_code"] or ours,
        why,
        mark=str(reading.record.id),
    )
    run_effects(reading.db, [posted])


def read_order(reading: Reading) -> None:
    """Reader of a re-read order: what left since we last knew becomes a shipment."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    order = warehouse.order_reads.read_order(reading.record.body, reading.record.received_at)
    row = find(reading, order.reference, left=any(line.dispatched for line in order.lines))
    if row is None:
        return
    transitions.keep_status(reading.run, row.reference, order.status_word)
    gone = {line.sku: line.dispatched for line in order.lines if line.dispatched}
    new = {sku: n - row.shipped.get(sku, 0) for sku, n in gone.items() if n > row.shipped.get(sku, 0)}
    over = order.status is WarehouseStatus.DISPATCHED
    if new and not may_ship(reading, row, gone, over=over):
        return
    name_unused(reading, order.reference, "", order.not_used)
    if new:
        row = ship(reading, row, order.parcels, new)
    elif row.shipments:
        take_late_numbers(reading, row, order.parcels)
    if over:
        closed(reading, row, gone)
    elif order.status is WarehouseStatus.CANCELLED:
        cancelled(reading, row)


def find(reading: Reading, reference: str, *, left: bool) -> FulfilmentRow | None:
    """The fulfilment that a warehouse speaks of, locked. One that nobody sent is an exception where goods left."""
    connection = reading.record.connection
    rows = reading.run(
        "select * from fulfilment where reference = %s and warehouse = %s for update",
        aliases.ours(reading.run, connection, reference),
        connection,
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
    row = read_row(rows[0]) if rows else None
    if row is not None and row.state is State.NEW:
        restored.look_at_references(reading.run, connection, [row.reference], f"{connection} tells of its order, and")
    return row


def may_ship(reading: Reading, row: FulfilmentRow, gone: dict[str, int], *, over: bool) -> bool:
    """Whether what has left until now is what was asked for. ``over``: nothing more will leave."""
    subject, story, connection = row.subject, row.order_code, row.warehouse
    if row.state in TAKEN_BACK:
        kind = "changed_after_release" if row.resend else "shipped_after_cancel"
        reading.file_exception(
            kind,
            subject=subject,
            story=story,
            flow="dispatch-in",
            connection=connection,
            why=f"{connection} dispatched {row.reference} although it was to be cancelled",
        )
        late = {sku: n - row.shipped.get(sku, 0) for sku, n in gone.items() if n > row.shipped.get(sku, 0)}
        left(reading, row, f"{row.reference}/late {reading.record.id}", late)
        transitions.dispatch_taken_back(reading.run, row, gone, over=over)
        return False
    beyond = {sku: (n, row.requested.get(sku, 0)) for sku, n in gone.items() if n > row.requested.get(sku, 0)}
    if beyond:
        surplus = ", ".join(f"{sku}: {n} left, {ordered} ordered" for sku, (n, ordered) in sorted(beyond.items()))
        reading.file_exception(
            "over_shipped", subject=subject, story=story, flow="dispatch-in", connection=connection, why=surplus
        )
        left_beyond(reading, row, gone)
        reading.run("delete from expectation where subject = %s", subject)
        return False
    return True
