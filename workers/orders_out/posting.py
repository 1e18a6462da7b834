"""A fulfilment as its warehouse is asked for it: the message of the order, and of an order that replaces it."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from typing import Any

from mappings.canonical import Fulfilment, Invoice, PickLine, Product, SalesOrder
from workers.domain.catalogue import confirmed
from workers.ledger.store import NewMessage
from workers.orders_out import routing
from workers.ports.warehouse import Known
from workers.spine.reading import Reading


def post_order(
    reading: Reading,
    reference: str,
    warehouse: str,
    facility: str,
    invoice: Invoice,
    order: SalesOrder,
    stock: tuple[PickLine, ...],
    mark: str,
    note: str,
) -> None:
    """Post an order; it waits at a gate for each SKU that its warehouse has not confirmed."""
    limits = reading.runtime.configuration.fleet.limits
    fulfilment = _fulfilment(reading, reference, facility, invoice, order, stock)

    skus = confirmed(reading.run, warehouse, [line.sku for line in stock])
    wire = None
    facts = reading.run("select value from partner_fact where connection = %s", warehouse)
    side = reading.runtime.warehouse(warehouse)
    if not skus.missing and facts and not side.numbered:
        wire = side.write_order(fulfilment, facts[0]["value"], Known(skus.their_ids))
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=warehouse,
            kind="order",
            reference=reference,
            subject=f"order:{reference}",
            story=order.code,
            body=fulfilment.model_dump(mode="json"),
            fingerprint=mark,
            wire=wire,
            gates=skus.gates,
            note=note,
        )
    )
    if skus.missing:
        reading.run(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
            " values (%s, 'sku_confirmed', %s, now() + make_interval(secs => %s), 'sku_unconfirmed', 'orders-out', %s)"
            " on conflict do nothing",
            f"order:{reference}",
            order.code,
            limits.sku_confirmed,
            warehouse,
        )


def replace_order(
    reading: Reading,
    known: dict[str, Any],
    invoice: Invoice,
    order: SalesOrder,
    stock: tuple[PickLine, ...],
    mark: str,
    products: dict[str, Product],
) -> bool:
    """Tell the warehouse of the change under the order's reference, where it takes that and the order stays there."""
    if known["state"] != "sent" or not reading.runtime.warehouse(known["warehouse"]).replaces:
        return False
    rule, _ = routing.choose(
        reading.runtime.configuration, order, [products[line.sku] for line in stock if line.sku in products]
    )
    if (rule.to, rule.facility) != (known["warehouse"], known["facility"]):
        return False
    requested = {line.sku: line.quantity for line in stock}
    wanted = _fulfilment(reading, known["reference"], rule.facility, invoice, order, stock)
    reading.run(
        "update fulfilment set fingerprint = %s, change = %s, changed_at = now() where reference = %s",
        mark,
        json.dumps({"requested": requested}),
        known["reference"],
    )
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=rule.to,
            kind="change",
            reference=known["reference"],
            subject=f"order:{known['reference']}",
            story=order.code,
            body={"fulfilment": wanted.model_dump(mode="json"), "requested": requested},
            fingerprint=mark,
            gates=(),
            priority=3,
            note="Khaos Control changed it",
        )
    )
    return True


def _fulfilment(
    reading: Reading, reference: str, facility: str, invoice: Invoice, order: SalesOrder, stock: tuple[PickLine, ...]
) -> Fulfilment:
    within = reading.runtime.configuration.fleet.limits.dispatch
    return Fulfilment(
        reference=reference,
        order_code=order.code,
        invoice_code=invoice.invoice_code,
        associated_ref=order.associated_ref,
        site=order.site,
        facility=facility,
        lines=stock,
        address=order.address,
        courier=order.courier,
        priority=order.priority,
        note=order.note,
        dispatch_by=reading.record.received_at.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=within),
    )
