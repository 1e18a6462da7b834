"""Where each ready invoice would go, and what would refuse it: everything up to the sending, and nothing sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mappings.canonical import Fulfilment, Invoice, LineKind, Product, SalesOrder
from mappings.errors import Unmappable
from workers.audit.attempts import bisected
from workers.audit.reading_khaos import AT_ONCE, UNREADABLE
from workers.audit.workspace import Workspace
from workers.orders_out import routing
from workers.orders_out.order_lines import identify
from workers.orders_out.ready_invoice import lines_of
from workers.ports.orders import ControlNumber, WriteContext
from workers.spine.polling import ORDERS_A_CALL
from workers.spine.runtime import Runtime

REFUSED = "refused"
# Kinds whose value is a setting's; the value of any other may stand in an address.
OF_SETTINGS = frozenset({"unknown_service", "unknown_carrier", "route_unmapped", "route_site_conflict"})


def plan_orders(runtime: Runtime, work: Workspace, facts: Mapping[str, dict[str, Any]]) -> None:
    """Read the orders of open invoices: the site of each, and of ready ones what would be sent where."""
    name, erp = runtime.configuration.erp.name, runtime.erp
    wanted = (
        "select distinct order_code from invoice where order_code <> '' and (ready or code in"
        " (select invoice from promised))"
    )
    for codes in work.chunks(wanted, size=ORDERS_A_CALL * AT_ONCE):
        for some, answer in bisected(runtime, name, codes, ORDERS_A_CALL, erp.fetch_orders):
            if isinstance(answer, Exception):
                work.complain(name, UNREADABLE, "order", some[0], "it cannot be exported: look at it in Khaos Control")
                continue
            for named, site in erp.read_order_sites(answer).items():
                work.run("update invoice set site = ? where order_code = ? or associated = ?", site, named, named)
            orders, unreadable = erp.read_orders(answer)
            for entry in unreadable:
                work.complain(name, UNREADABLE, "order", entry.subject, f"{entry.error.field}: {entry.error.why}")
            for order in orders:
                _plan(runtime, work, order, facts)


def _plan(runtime: Runtime, work: Workspace, order: SalesOrder, facts: Mapping[str, dict[str, Any]]) -> None:
    ready = "select body from invoice where ready and (order_code = ? or (? = '' and associated = ?))"
    for (body,) in list(work.rows(ready, order.code, order.code, order.associated_ref)):
        invoice = Invoice.model_validate_json(str(body))
        whole = order if order.code else order.model_copy(update={"code": invoice.order_code})
        try:
            _try(runtime, work, invoice, whole, facts)
        except Unmappable as error:
            value = error.value if error.kind in OF_SETTINGS else ""
            work.complain(
                runtime.configuration.erp.name,
                REFUSED,
                error.kind,
                f"{error.field} {value}".strip(),
                error.why,
                invoice.order_code,
            )


def _try(
    runtime: Runtime, work: Workspace, invoice: Invoice, order: SalesOrder, facts: Mapping[str, dict[str, Any]]
) -> None:
    """Do with an invoice what the fleet would do, up to its bytes. Raises Unmappable."""
    lines = lines_of(invoice, order)
    products = _products(work, [line.sku for line in lines])
    stock = tuple(line for line in lines if line.sku not in products or products[line.sku].for_warehouse)
    if not stock:
        work.run("update invoice set ready = 0 where code = ?", invoice.invoice_code)
        return
    units = {line.sku: line.quantity for line in stock}
    work.run("update invoice set units = ? where code = ?", as_text(units), invoice.invoice_code)
    rule, _ = routing.choose(runtime.configuration, order, [products[sku] for sku in units if sku in products])
    work.run("update invoice set warehouse = ? where code = ?", rule.to, invoice.invoice_code)
    orders = runtime.warehouse(rule.to).parts.orders
    if rule.to not in facts or orders is None:
        return
    now = datetime.now(UTC)
    fulfilment = Fulfilment(
        reference=f"{order.code}-1",
        order_code=order.code,
        invoice_code=invoice.invoice_code,
        associated_ref=order.associated_ref,
        site=order.site,
        facility=rule.facility,
        lines=stock,
        address=order.address,
        courier=order.courier,
        priority=order.priority,
        note=order.note,
        dispatch_by=now,
    )
    fulfilment = _with_lines(runtime, rule.to, order, fulfilment, products)
    numbers = {sku: str(number) for number, sku in enumerate(units, 1)}  # in place of the warehouse's ids
    context = WriteContext(numbers, products, lambda: ControlNumber(1, now))
    orders.write_order(fulfilment, facts[rule.to], context)


def _with_lines(
    runtime: Runtime, name: str, order: SalesOrder, fulfilment: Fulfilment, products: Mapping[str, Product]
) -> Fulfilment:
    """The fulfilment with the order's lines in it, and the days of a hire, where its warehouse takes those."""
    orders = runtime.warehouse(name).parts.garment_orders
    if orders is None:
        return fulfilment
    lines = identify(order.lines, fulfilment.lines, lambda one: orders.kind(order, one, products.get(one.sku)))
    hired = any(line.kind is LineKind.HIRE for line in lines)
    return fulfilment.model_copy(update={"lines": lines, "hire": orders.dates(order) if hired else None})


def as_text(units: Mapping[str, int]) -> str:
    """Units by SKU as they are compared and shown."""
    return ", ".join(f"{n} x {sku}" for sku, n in sorted(units.items()))


def _products(work: Workspace, skus: list[str]) -> dict[str, Product]:
    found = {}
    for sku in skus:
        for (body,) in work.rows("select body from product where code = ? and body is not null", sku):
            found[sku] = Product.model_validate_json(str(body))
    return found
