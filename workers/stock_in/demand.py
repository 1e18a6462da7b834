"""What is promised: Khaos's open invoices, and the site that each order is of."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mappings.canonical.promises import Promise
from mappings.errors import Unreadable
from workers.domain.order_sites import keep
from workers.ledger.store import Connection, within
from workers.spine import exceptions
from workers.spine.polling import ORDERS_A_CALL, Units, call, now
from workers.spine.runtime import Runtime

AT_ONCE = 4  # calls for unknown orders within one flush; until it is known, an order counts at every site
PromisedLines = dict[str, list[list[Any]]]  # invoice -> its lines, as the ledger has them


def poll_demand(runtime: Runtime) -> int:
    """Read Khaos's open invoices on a schedule. Returns how many there are."""
    name = runtime.configuration.erp.name
    return refresh(runtime, lambda ask: call(runtime, name, "open invoices", ask), at_once=None)


def refresh(runtime: Runtime, calling: Callable[[Callable[[], Any]], Any], *, at_once: int | None = AT_ONCE) -> int:
    """Read the open invoices and keep them. ``calling`` makes one call to Khaos in a slot that it has.

    An invoice that cannot be read now keeps its former promise. Raises what adapters raise; then all of
    that stays.
    """
    erp, name = runtime.erp, runtime.configuration.erp.name
    began = now(runtime)
    raw = calling(erp.fetch_open)
    _, unreadable = erp.read_status(raw)
    invoices = erp.read_promises(raw)
    before = _stored(runtime)
    without_lines = sorted({i.order_code for i in invoices if i.units is None and i.order_code})
    fresh = sorted(set(without_lines) - {line[1] for promised in before.values() for line in promised})
    unknown = _unknown_sites(runtime, {i.order_code for i in invoices if i.order_code})
    rest = sorted({*unknown, *without_lines} - set(fresh))
    by_ref = {i.associated_ref: i.order_code for i in invoices if i.associated_ref}
    ordered: dict[str, dict[str, int]] = {}
    wanted = fresh + (rest if at_once is None else rest[: at_once * ORDERS_A_CALL])
    to_ask = Units(runtime, name, "stock-in", "order", ORDERS_A_CALL)
    for codes, orders in to_ask.fetch(wanted, erp.fetch_orders, calling):
        to_ask.exported(codes)
        for named, site in erp.read_order_sites(orders).items():
            _keep_site(runtime, named if named in codes else by_ref.get(named, ""), site)
        for named, sites in erp.read_line_sites(orders).items():
            keep(runtime.store.run, name, named if named in codes else by_ref.get(named, ""), sites)
        for named, units in erp.read_ordered(orders).items():
            ordered.setdefault(named if named in codes else by_ref.get(named, ""), units)
    lines = _lines(invoices, ordered, before, {entry.subject for entry in unreadable}, erp.lends)
    with runtime.store.transaction() as db:
        db.execute("select store_demand(%s, %s, %s)", (name, began, json.dumps(lines)))
        _file_unreadable(db, name, unreadable, {line[0] for line in lines})
    return len(invoices)


def _lines(
    invoices: Iterable[Promise],
    ordered: Mapping[str, Mapping[str, int]],
    before: PromisedLines,
    odd: set[str],
    lends: Callable[[str], str],
) -> list[list[Any]]:
    """What every invoice promises; one that cannot be read any more (``odd``) promises what it did ``before``.

    Of the others whose items are not shown or not clear, the first of an order promises all that the order asks for
    and no clear one holds. Where the order cannot be read either, the former promise stays.
    """
    lines: list[list[Any]] = []
    clear: dict[str, Counter[str]] = {}
    unclear: list[Promise] = []
    for invoice in invoices:
        if invoice.units is None:
            unclear.append(invoice)
        else:
            lines += [_row(invoice, sku, n, lends(sku)) for sku, n in invoice.units.items()]
            clear.setdefault(invoice.order_code, Counter()).update(invoice.units)
    seen: set[str] = set()
    for invoice in unclear:
        order = invoice.order_code
        if order not in ordered or (invoice.invoice_code in odd and invoice.invoice_code in before):
            lines += before.get(invoice.invoice_code, ())
        elif order not in seen:
            seen.add(order)
            left = Counter(ordered[order]) - clear.get(order, Counter())
            lines += [_row(invoice, sku, n, lends(sku)) for sku, n in left.items()]
    return lines


def _stored(runtime: Runtime) -> PromisedLines:
    lines_of: PromisedLines = {}
    for row in runtime.store.rows(
        "select invoice_code, order_code, sku, units, stage, shipped, lent from demand where erp = %s",
        runtime.configuration.erp.name,
    ):
        lines_of.setdefault(row["invoice_code"], []).append(list(row.values()))
    return lines_of


def _file_unreadable(db: Connection, erp: str, unreadable: Iterable[Unreadable], promised: set[str]) -> None:
    """File an exception for each invoice that cannot be read, and close those of the others."""
    subjects = []
    for entry in unreadable:
        subjects.append(f"demand:{entry.subject}")
        error = entry.error
        until = "all that it may hold is kept back" if entry.subject in promised else "its units may be sold again"
        why = f"{error.field} {error.value!r}: {error.why}; until then {until}"
        exceptions.file(
            within(db),
            error.kind,
            subject=subjects[-1],
            story=entry.subject,
            flow="stock-in",
            connection=erp,
            why=f"open invoice {entry.subject}, {why}",
            once=exceptions.Once.WHILE_OPEN,
        )
    exceptions.close_all(
        within(db),
        "e.flow = 'stock-in' and e.connection = %s and e.subject like 'demand:%%' and e.subject <> all (%s)",
        erp,
        subjects,
        why="the invoice can be read, or is over",
    )


def _row(invoice: Promise, sku: str, units: int, garment: str) -> list[Any]:
    """One line; the last word is how many of its units Khaos gives no stock to, for they are a service there."""
    lent = units if garment else 0
    return [invoice.invoice_code, invoice.order_code, garment or sku, units, invoice.stage, invoice.shipped, lent]


def _unknown_sites(runtime: Runtime, codes: Iterable[str]) -> list[str]:
    name = runtime.configuration.erp.name
    wanted = sorted(codes)
    runtime.store.run(
        "insert into order_site (erp, order_code, site) select distinct on (order_code) erp, order_code, site"
        " from fulfilment where erp = %s and order_code = any (%s) and site <> '' order by order_code, number"
        " on conflict do nothing",
        name,
        wanted,
    )
    rows = runtime.store.rows(
        "select c as code from unnest(%s::text[]) c where not exists"
        " (select 1 from order_site o where o.erp = %s and o.order_code = c) order by 1",
        wanted,
        name,
    )
    return [row["code"] for row in rows]


def _keep_site(runtime: Runtime, code: str, site: str) -> None:
    if code and site:
        runtime.store.run(
            "insert into order_site (erp, order_code, site) values (%s, %s, %s)"
            " on conflict (erp, order_code) do update set site = excluded.site where order_site.site <> excluded.site",
            runtime.configuration.erp.name,
            code,
            site,
        )
