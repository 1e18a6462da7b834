"""A fulfilment as its warehouse is asked for it: the message of the order, and of an order that replaces it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from mappings.canonical import Fulfilment
from workers.domain import transitions
from workers.domain.catalogue import confirmed_at
from workers.domain.fulfilment import FulfilmentRow, State
from workers.domain.order_gates import person_gates
from workers.ledger.store import NewMessage
from workers.orders_out import routing
from workers.orders_out.order_lines import keep_items
from workers.orders_out.ready_invoice import ReadyInvoice
from workers.ports.orders import WriteContext
from workers.spine import priority
from workers.spine.reading import Reading, fingerprint


def post_order(reading: Reading, row: FulfilmentRow, ready: ReadyInvoice, note: str) -> None:
    """Post an order; it waits at a gate for each SKU that its warehouse has not confirmed."""
    limits = reading.runtime.configuration.fleet.limits
    fulfilment = _fulfilment(reading, row, ready)
    warehouse = row.warehouse
    keep_items(reading, warehouse, fulfilment)
    skus = confirmed_at(reading, warehouse, ready.units)
    wire = None
    facts = _facts(reading, warehouse)
    orders = reading.runtime.warehouse(warehouse).orders
    if not skus.missing and facts and not orders.numbered:
        wire = orders.write_order(fulfilment, facts, WriteContext(skus.their_ids))
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=warehouse,
            kind="order",
            reference=row.reference,
            subject=row.subject,
            story=row.order_code,
            body=fulfilment.as_body(),
            fingerprint=ready.fingerprint,
            wire=wire,
            gates=(*skus.gates, *_held(reading, row)),
            note=note,
        )
    )
    if skus.missing:
        reading.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
            " values (%s, 'sku_confirmed', %s, now() + make_interval(secs => %s), 'sku_unconfirmed', 'orders-out', %s)"
            " on conflict do nothing",
            row.subject,
            row.order_code,
            limits.sku_confirmed,
            warehouse,
        )


def _facts(reading: Reading, warehouse: str) -> dict[str, Any]:
    """The warehouse's reference data as the ledger has it; empty where nobody has read it."""
    kept = reading.kept.setdefault("facts", {})
    if warehouse not in kept:
        rows = reading.run("select value from partner_fact where connection = %s", warehouse)
        kept[warehouse] = rows[0]["value"] if rows else {}
    found: dict[str, Any] = kept[warehouse]
    return found


def _held(reading: Reading, row: FulfilmentRow) -> tuple[str, ...]:
    """The gates of an order that a person holds, or that may be at its warehouse from another integration."""
    gates = [*person_gates(row), f"go-live:{row.warehouse}:{row.order_code}"]
    shut = reading.run("select name from gate where name = any (%s) and not open order by name", gates)
    return tuple(found["name"] for found in shut)


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
            gates=_held(reading, row),
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
