"""Khaos Control's side of an audit: its catalogue, its invoices with every reference, and what they promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from mappings.canonical import Invoice, Product
from mappings.errors import Unmappable
from workers.audit.attempts import bisected
from workers.audit.workspace import Workspace
from workers.going_live.matching import names
from workers.sku_sync.polls import PRODUCTS_A_CALL
from workers.spine.polling import ORDERS_A_CALL
from workers.spine.runtime import Runtime

INVOICE = (
    "insert into invoice (code, order_code, associated, stage, ready, body) values (?, ?, ?, ?, ?, ?)"
    " on conflict (code) do nothing"
)
AT_ONCE = 20  # calls whose codes are in memory at one time
UNREADABLE = "unreadable"


def read_catalogue(runtime: Runtime, work: Workspace) -> None:
    """Lay every product, and what Khaos Control exports of it."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    runtime.pace(name)
    work.many(
        "insert or ignore into product (code, export_as) values (?, ?)",
        ((one.code, one.export_as) for one in erp.fetch_catalogue()),
    )
    for code, _ in work.rows("select code, export_as from product where instr(export_as, ',')"):
        work.complain(name, UNREADABLE, "product", str(code), "its code holds a comma: rename it in Khaos Control")
    wanted = "select distinct export_as from product where not instr(export_as, ',')"
    for codes in work.chunks(wanted, size=PRODUCTS_A_CALL * AT_ONCE):
        for some, answer in bisected(
            runtime, name, codes, PRODUCTS_A_CALL, lambda some: erp.read_products(erp.fetch_products(some))
        ):
            if isinstance(answer, Exception):
                work.complain(name, UNREADABLE, "product", some[0], f"it cannot be exported: {_why(answer)}")
                continue
            products, unreadable = answer
            _lay_products(work, products)
            for entry in unreadable:
                work.complain(name, UNREADABLE, "product", entry.subject, entry.error.why)


def _lay_products(work: Workspace, products: Iterable[Product]) -> None:
    work.many(
        "insert into product (code, export_as, for_warehouse, discontinued, cost, body) values (?, ?, ?, ?, ?, ?)"
        " on conflict (code) do update set for_warehouse = excluded.for_warehouse,"
        " discontinued = excluded.discontinued, cost = excluded.cost, body = excluded.body",
        (
            (
                one.code, one.parent_code or one.code, one.for_warehouse, one.discontinued,
                None if one.buy_price is None else str(one.buy_price), one.model_dump_json(),
            )
            for one in products
        ),
    )  # fmt: skip


def read_invoices(runtime: Runtime, work: Workspace, forms: Sequence[str]) -> None:
    """Lay the invoices of every stage that is watched or open, each with the references that it may go by."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    for fetch in (erp.fetch_status, erp.fetch_open):
        runtime.pace(name)
        raw = fetch()
        invoices, unreadable = erp.read_status(raw)
        lay_invoices(runtime, work, invoices, forms)
        for entry in unreadable:
            why = f"{entry.error.field}: {entry.error.why}"
            work.complain(name, UNREADABLE, "invoice or order", entry.subject, why)
    for promise in erp.read_promises(raw):
        if promise.units is None:
            why = "its items are not shown, so what it promises is in no figure below: look at the invoice"
            work.complain(name, UNREADABLE, "promise", promise.invoice_code, why)
        elif not promise.shipped:
            work.many(
                "insert or replace into promised values (?, ?, ?)",
                ((promise.invoice_code, sku, units) for sku, units in _goods(promise.units, erp.lends).items()),
            )


def _goods(units: Mapping[str, int], lends: Callable[[str], str]) -> Counter[str]:
    """Units with garments in place of the services by which they are hired."""
    goods = Counter[str]()
    for code, number in units.items():
        goods[lends(code) or code] += number
    return goods


def lay_invoices(runtime: Runtime, work: Workspace, invoices: Iterable[Invoice], forms: Sequence[str]) -> None:
    """Lay some invoices and their references."""
    for one in invoices:
        ready = one.stage in runtime.erp.ready_stages and not one.order_cancelled
        body = one.model_dump_json() if ready else ""
        work.run(INVOICE, one.invoice_code, one.order_code, one.associated_ref, one.stage, ready, body)
        work.many(
            "insert or ignore into alias values (?, ?, ?)",
            (
                (alias, one.invoice_code, sort)
                for alias, sort in names(one.order_code, one.invoice_code, one.associated_ref, forms).items()
            ),
        )


def ask_for(runtime: Runtime, work: Workspace, codes: Sequence[str], forms: Sequence[str]) -> None:
    """Lay what Khaos Control shows of some order codes, whatever their stage."""
    for _, answer in bisected(
        runtime,
        runtime.configuration.erp.name,
        codes,
        ORDERS_A_CALL,
        lambda some: runtime.erp.read_status(runtime.erp.fetch_status(some)),
    ):
        if not isinstance(answer, Exception):
            lay_invoices(runtime, work, answer[0], forms)


def _why(error: Exception) -> str:
    return f"{error.field}: {error.why}" if isinstance(error, Unmappable) else str(error)
