"""What is promised: Khaos's open invoices, and the site that each order is of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from mappings.canonical import Invoice
from workers.intake import ORDERS_A_CALL, call, chunks
from workers.runtime import Runtime

AT_ONCE = 4  # calls for unknown orders within one flush; until it is known, an order counts at every site


def poll_demand(runtime: Runtime) -> int:
    """Read Khaos's open invoices on a schedule. Returns how many there are."""
    name = runtime.configuration.erp.name
    return refresh(runtime, lambda ask: call(runtime, name, "open invoices", ask), at_once=None)


def refresh(runtime: Runtime, calling: Callable[[Callable[[], Any]], Any], *, at_once: int | None = AT_ONCE) -> int:
    """Read the open invoices and keep them. ``calling`` makes one call to Khaos in a slot that it has.

    Raises what adapters raise; then what was known before stays.
    """
    erp, name = runtime.erp, runtime.configuration.erp.name
    began = moment(runtime)
    invoices, _unreadable = erp.read_status(calling(erp.fetch_open))
    lines = [_row(i, line.sku, line.quantity) for i in invoices for line in i.lines]
    bare = sorted({i.order_code for i in invoices if not i.lines})
    unknown = _unknown_sites(runtime, {i.order_code for i in invoices})
    ordered: dict[str, dict[str, int]] = {}
    for codes in islice(chunks(sorted({*unknown, *bare}), ORDERS_A_CALL), at_once):
        orders, _ = erp.read_orders(calling(partial(erp.fetch_orders, codes)))
        by_ref = {i.associated_ref: i.order_code for i in invoices if i.associated_ref}
        for order in orders:
            code = order.code or by_ref.get(order.associated_ref, "")
            _keep_site(runtime, code, order.site)
            units = ordered.setdefault(code, {})
            for line in order.lines:
                units[line.sku] = units.get(line.sku, 0) + line.quantity
    seen: set[str] = set()
    for invoice in invoices:  # a build that shows no items: everything ordered is promised
        if not invoice.lines and invoice.order_code not in seen:
            seen.add(invoice.order_code)
            lines += [_row(invoice, sku, n) for sku, n in ordered.get(invoice.order_code, {}).items()]
    with runtime.store.transaction() as db:
        db.execute("select store_demand(%s, %s, %s)", (name, began, json.dumps(lines)))
    return len(invoices)


def _row(invoice: Invoice, sku: str, units: int) -> list[Any]:
    return [invoice.invoice_code, invoice.order_code, sku, units, invoice.stage, invoice.ship_date is not None]


def moment(runtime: Runtime) -> datetime:
    """This moment of the ledger's clock."""
    row = runtime.store.row("select clock_timestamp() as at")
    assert row is not None
    at: datetime = row["at"]
    return at


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
