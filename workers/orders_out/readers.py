"""What a ready invoice means: a new fulfilment or a changed one; ``remainders`` and ``withdrawals`` know the rest.

The unit is the invoice. The number of a fulfilment is given once, in the ledger, and bound to its invoice.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from mappings.canonical import Invoice, PickLine, Product, SalesOrder
from mappings.canonical.stages import CANCELLED_STAGE
from mappings.errors import Unmappable, Unreadable
from workers.domain.catalogue import products_of
from workers.domain.splits import explains
from workers.orders_out import availability, remainders, routing
from workers.orders_out.line_sites import at_its_site
from workers.orders_out.posting import post_order, replace_order
from workers.orders_out.withdrawals import cancel, notice_vanished, one, withdraw, withdraw_unpushed
from workers.ports.orders import REFERENCE_LIMIT
from workers.spine.reading import Reading, fingerprint


def read_orders(reading: Reading) -> None:
    """Reader of the orders poll: invoices of some orders, with the orders' details where they matter."""
    said = json.loads(reading.record.body)
    erp = reading.runtime.erp
    invoices, unreadable = erp.read_status(said["status"].encode())
    orders, unreadable_orders = erp.read_orders(said["orders"].encode()) if said.get("orders") else ([], [])
    by_code = {order.code: order for order in orders if order.code}
    by_ref = {order.associated_ref: order for order in orders if order.associated_ref}
    stale = _stale(reading, {invoice.order_code for invoice in invoices} | set(by_code))
    odd = [entry for entry in (*unreadable, *unreadable_orders) if entry.subject not in stale]
    failed = {entry.subject for entry in odd}
    for entry in odd:
        reading.park("orders-out", entry)
    shown = {invoice.invoice_code for invoice in invoices}
    for invoice in sorted(invoices, key=lambda i: i.invoice_code):
        if invoice.order_code in stale:
            continue
        if invoice.stage == CANCELLED_STAGE or invoice.order_cancelled or invoice.stage in erp.withdraw_stages:
            withdraw(reading, invoice)
        elif invoice.stage in erp.ready_stages:
            # the order export need not carry the order's code: then the associated ref joins the two
            order = by_code.get(invoice.order_code) or by_ref.get(invoice.associated_ref)
            if order is None:
                continue
            order = order if order.code else order.model_copy(update={"code": invoice.order_code})
            try:
                with reading.db.transaction():
                    _ready(reading, invoice, order, shown)
            except Unmappable as error:
                reading.park("orders-out", Unreadable(invoice.order_code, error))
            else:
                _well_again(reading, invoice, failed)
    codes = {invoice.order_code for invoice in invoices} - stale
    for code in sorted(codes if said.get("whole") else set()):
        notice_vanished(reading, code, [invoice for invoice in invoices if invoice.order_code == code])


def _stale(reading: Reading, codes: set[str]) -> set[str]:
    """Orders of which a newer record was read already: an old page, read again, must not undo what came after."""
    newer = set()
    for code in sorted(codes):
        rows = reading.run(
            "insert into order_seen (erp, order_code, record_id) values (%s, %s, %s) on conflict (erp, order_code)"
            " do update set record_id = greatest(order_seen.record_id, excluded.record_id) returning record_id",
            reading.record.connection,
            code,
            reading.record.id,
        )
        if rows[0]["record_id"] > reading.record.id:
            newer.add(code)
    return newer


def _well_again(reading: Reading, invoice: Invoice, failed: set[str]) -> None:
    """An invoice that can be read now: what stood dead for it or its order is over."""
    over = [code for code in (invoice.order_code, invoice.invoice_code) if code not in failed]
    reading.run(
        "select finish(id, 'superseded', 'it can be read now', 'fleet') from message"
        " where subject = any (%s) and state = 'dead' and record_id <> %s",
        [f"read:{reading.record.connection}:{reading.record.source}:{code}" for code in over],
        reading.record.id,
    )


def _ready(reading: Reading, invoice: Invoice, order: SalesOrder, shown: set[str]) -> None:
    erp = reading.runtime.configuration.erp.name
    lines = _lines(invoice, order)
    products = products_of(reading, [line.sku for line in lines])
    stock = tuple(line for line in lines if line.sku not in products or products[line.sku].for_warehouse)
    others = sorted(line.sku for line in lines if line not in stock)
    order = at_its_site(reading, order, {line.sku for line in stock})
    if reading.runtime.erp.sites and order.site not in reading.runtime.erp.sites:
        return  # another deployment's site
    if not stock:
        reading.file_exception(
            "no_warehouse_lines",
            subject=f"invoice:{invoice.invoice_code}",
            story=order.code,
            flow="orders-out",
            connection=erp,
            why=f"order {order.code} has only lines that no warehouse picks: {', '.join(others)}",
        )
        return
    wanted = {line.sku: line.quantity for line in stock}
    # of all lines: which of them are stock may be learnt later, and is no change of the order
    mark = fingerprint(sorted((line.sku, line.quantity) for line in lines), order.address.model_dump(), order.site)
    known = one(
        reading.run(
            "select * from fulfilment where erp = %s and invoice_code = %s"
            " and state not in ('cancelled', 'withdrawn') for update",
            erp,
            invoice.invoice_code,
        )
    )
    if known is not None:
        if known["fingerprint"] != mark:
            _changed(reading, known, invoice, order, stock, mark, products, others)
        return
    if remainders.has_left(reading, invoice):
        return
    if remainders.judge(reading, invoice, order, wanted, shown):
        _new(reading, invoice, order, stock, mark, products, others)


def _lines(invoice: Invoice, order: SalesOrder) -> tuple[PickLine, ...]:
    """Quantities come from the invoice; from the order only where that cannot be wrong (reference 3.1, rule 4)."""
    if invoice.lines:
        return invoice.lines
    if invoice.quantity_sold is not None and invoice.quantity_sold == invoice.quantity_sent and order.lines:
        units: Counter[str] = Counter()
        for line in order.lines:
            units[line.sku] += line.quantity
        if sum(units.values()) == invoice.quantity_sold:
            return tuple(PickLine(sku=sku, quantity=n) for sku, n in sorted(units.items()) if n > 0)
    raise Unmappable(
        "INVOICE_ITEMS",
        invoice.invoice_code,
        "the invoice shows no items, and the order's quantities do not prove what is on it; look at the invoice",
    )


def _new(
    reading: Reading,
    invoice: Invoice,
    order: SalesOrder,
    stock: tuple[PickLine, ...],
    mark: str,
    products: dict[str, Product],
    others: list[str],
) -> None:
    erp = reading.runtime.configuration.erp.name
    rule, reason = routing.choose(
        reading.runtime.configuration, order, [products[line.sku] for line in stock if line.sku in products]
    )
    number = reading.run(
        "select coalesce(max(number), 0) + 1 as n from fulfilment where erp = %s and order_code = %s", erp, order.code
    )[0]["n"]
    reference = f"{order.code}-{number}"
    if len(reference) > REFERENCE_LIMIT:
        raise Unmappable(
            "SORDER_CODE",
            order.code,
            f"with a number it is longer than the {REFERENCE_LIMIT} characters that warehouses take",
        )
    reading.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, associated_ref, site, warehouse,"
        " facility, route_reason, state, fingerprint, requested, stage)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'new', %s, %s, %s)",
        reference, erp, order.code, number, invoice.invoice_code, order.associated_ref, order.site, rule.to,
        rule.facility, reason, mark, json.dumps({line.sku: line.quantity for line in stock}), invoice.stage,
    )  # fmt: skip
    wanted = {line.sku: line.quantity for line in stock}
    availability.warn(reading, reference, invoice.invoice_code, order.code, order.site, wanted)
    note = f"{len(stock)} lines to {rule.to}/{rule.facility}: {reason}"
    if others:
        note += f"; not for a warehouse: {', '.join(others)}"
    post_order(reading, reference, rule.to, rule.facility, invoice, order, stock, mark, note)


def _changed(
    reading: Reading,
    known: dict[str, Any],
    invoice: Invoice,
    order: SalesOrder,
    stock: tuple[PickLine, ...],
    mark: str,
    products: dict[str, Product],
    others: list[str],
) -> None:
    """Khaos changed an invoice that has a fulfilment: new bytes while unsent, else cancel, proof, send again."""
    if known["state"] == "cancelling":  # on its way out already; the proof of that asks Khaos afresh
        reading.run("update fulfilment set resend = true where reference = %s", known["reference"])
        return
    if withdraw_unpushed(reading, known, "Khaos Control changed it"):
        reading.run(
            "update fulfilment set state = 'withdrawn', changed_at = now() where reference = %s", known["reference"]
        )
        _new(reading, invoice, order, stock, mark, products, others)
        return
    if known["state"] in ("part_dispatched", "dispatched", "closed_short"):
        wanted = {line.sku: line.quantity for line in stock}
        if explains(reading.db, known, invoice.invoice_code, wanted):
            return  # an operator split it, so that what left can be shipped there
        reading.file_exception(
            "changed_after_release",
            subject=f"order:{known['reference']}",
            story=order.code,
            flow="orders-out",
            connection=known["warehouse"],
            why=f"invoice {invoice.invoice_code} was changed after goods left the warehouse",
        )
        return
    if not replace_order(reading, known, invoice, order, stock, mark, products):
        cancel(reading, known, "Khaos Control changed it", resend=True)
