"""A fulfilment as its warehouse is asked for it: the message of the order, and of an order that replaces it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from mappings.canonical import Fulfilment
from workers.domain import transitions
from workers.domain.catalogue import Confirmed, confirmed_at
from workers.domain.fulfilment import FulfilmentRow, State
from workers.domain.order_gates import person_gates
from workers.ledger.store import NewMessage
from workers.orders_out import availability, routing
from workers.orders_out.order_lines import keep_items
from workers.orders_out.ready_invoice import ReadyInvoice
from workers.ports.orders import WriteContext
from workers.spine import priority
from workers.spine.reading import Reading, fingerprint


@dataclass(frozen=True, slots=True)
class Draft:
    """A fulfilment that is to be asked for, drawn up and not yet written down."""

    row: FulfilmentRow
    asked: Fulfilment
    fingerprint: str
    skus: Confirmed
    wire: bytes | None
    note: str


def draw_up(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice, note: str) -> Draft:
    """Draw an order up without writing anything. Raises Unmappable of one that its warehouse cannot be asked for."""
    asked = _fulfilment(reading, row, ready)
    skus = confirmed_at(reading, row.warehouse, ready.units)
    facts = _facts(reading, row.warehouse)
    orders = reading.runtime.warehouse(row.warehouse).orders
    wire = None
    if not skus.missing and facts and not orders.numbered:
        wire = orders.write_order(asked, facts, WriteContext(skus.their_ids))
    return Draft(row, asked, ready.fingerprint, skus, wire, note)


def post_orders(reading: Reading, drafts: Sequence[Draft]) -> None:
    """Write new fulfilments down and post their orders; each waits for SKUs that its warehouse has not confirmed."""
    rows = [draft.row for draft in drafts]
    transitions.create(reading.run, rows)
    availability.warn(reading, rows)
    for draft in drafts:
        keep_items(reading, draft.row.warehouse, draft.asked)
    held = _held(reading, rows)
    reading.post_all(
        [
            NewMessage(
                flow="orders-out",
                connection=draft.row.warehouse,
                kind="order",
                reference=draft.row.reference,
                subject=draft.row.subject,
                story=draft.row.order_code,
                body=draft.asked.as_body(),
                fingerprint=draft.fingerprint,
                wire=draft.wire,
                gates=(*draft.skus.gates, *held[draft.row.reference]),
                note=draft.note,
            )
            for draft in drafts
        ]
    )
    for draft in drafts:
        if draft.skus.missing:
            _expect_skus(reading, draft.row)


def _expect_skus(reading: Reading, row: FulfilmentRow) -> None:
    reading.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " values (%s, 'sku_confirmed', %s, now() + make_interval(secs => %s), 'sku_unconfirmed', 'orders-out', %s)"
        " on conflict do nothing",
        row.subject,
        row.order_code,
        reading.runtime.configuration.fleet.limits.sku_confirmed,
        row.warehouse,
    )


def _facts(reading: Reading, warehouse: str) -> dict[str, Any]:
    """The warehouse's reference data as the ledger has it; empty where nobody has read it."""
    kept = reading.kept.setdefault("facts", {})
    if warehouse not in kept:
        rows = reading.run("select value from partner_fact where connection = %s", warehouse)
        kept[warehouse] = rows[0]["value"] if rows else {}
    found: dict[str, Any] = kept[warehouse]
    return found


def _held(reading: Reading, rows: Sequence[FulfilmentRow]) -> dict[str, tuple[str, ...]]:
    """By reference the gates of orders that a person holds, or that may be at their warehouse from elsewhere."""
    gates = {row.reference: [*person_gates(row), f"go-live:{row.warehouse}:{row.order_code}"] for row in rows}
    names = sorted({name for some in gates.values() for name in some})
    found = reading.run("select name from gate where name = any (%s) and not open", names)
    shut = {row["name"] for row in found}
    return {reference: tuple(sorted(shut.intersection(some))) for reference, some in gates.items()}


def replace_order(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice) -> bool:
    """Tell the warehouse of the change under the order's reference, where it takes that and the order stays there."""
    if row.state is not State.SENT or not reading.runtime.warehouse(row.warehouse).orders.replaces:
        return False
    rule, _ = routing.route(reading, ready.order, ready.stock_products)
    if (rule.to, rule.facility) != (row.warehouse, row.facility):
        return False
    transitions.tell_change(reading.run, row, ready.fingerprint, ready.units, ready.order.courier, ready.wishes)
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=rule.to,
            kind="change",
            reference=row.reference,
            subject=row.subject,
            story=row.order_code,
            body={"fulfilment": _fulfilment(reading, row, ready).as_body(), "requested": ready.units},
            fingerprint=fingerprint(ready.fingerprint, ready.order.courier, ready.wishes),
            gates=_held(reading, [row])[row.reference],
            priority=priority.CHANGE,
            note="Khaos Control changed it",
        )
    )
    return True


def _fulfilment(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice) -> Fulfilment:
    within, order = reading.runtime.configuration.fleet.limits.dispatch, ready.order
    return Fulfilment(
        reference=row.reference,
        order_code=order.code,
        invoice_code=ready.invoice.invoice_code,
        associated_ref=order.associated_ref,
        site=order.site,
        facility=row.facility,
        lines=ready.stock_lines,
        address=order.address,
        courier=order.courier,
        priority=order.priority,
        note=order.note,
        ordered_at=order.ordered_at,
        first_name=order.first_name,
        last_name=order.last_name,
        hire=ready.hire,
        required_by=order.required_by,
        dispatch_by=reading.record.received_at.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=within),
    )
