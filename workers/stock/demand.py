"""What is promised: Khaos's open invoices, and the site that each order is of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from mappings.canonical import Invoice
from mappings.errors import Unreadable
from workers.intake import ORDERS_A_CALL, call, chunks
from workers.ledger.store import Connection
from workers.policy import verdict
from workers.runtime import Runtime

AT_ONCE = 4  # calls for unknown orders within one flush; until it is known, an order counts at every site
Known = dict[str, list[list[Any]]]  # invoice -> its lines, as the ledger has them


def poll_demand(runtime: Runtime) -> int:
    """Read Khaos's open invoices on a schedule. Returns how many there are."""
    name = runtime.configuration.erp.name
    return refresh(runtime, lambda ask: call(runtime, name, "open invoices", ask), at_once=None)


def refresh(runtime: Runtime, calling: Callable[[Callable[[], Any]], Any], *, at_once: int | None = AT_ONCE) -> int:
    """Read the open invoices and keep them. ``calling`` makes one call to Khaos in a slot that it has.

    An invoice of which nothing can be told now keeps what was promised by it. Raises what adapters raise; then all of
    that stays.
    """
    erp, name = runtime.erp, runtime.configuration.erp.name
    began = moment(runtime)
    invoices, unreadable = erp.read_status(calling(erp.fetch_open))
    lines = [_row(i, line.sku, line.quantity) for i in invoices for line in i.lines]
    before = _known(runtime)
    bare = sorted({i.order_code for i in invoices if not i.lines})
    fresh = sorted(set(bare) - {line[1] for told in before.values() for line in told})
    unknown = _unknown_sites(runtime, {i.order_code for i in invoices})
    rest = sorted({*unknown, *bare} - set(fresh))
    ordered: dict[str, dict[str, int]] = {}
    for codes in (*chunks(fresh, ORDERS_A_CALL), *islice(chunks(rest, ORDERS_A_CALL), at_once)):
        raw = calling(partial(erp.fetch_orders, codes))
        by_ref = {i.associated_ref: i.order_code for i in invoices if i.associated_ref}
        for named, site in erp.read_order_sites(raw).items():
            _keep_site(runtime, named if named in codes else by_ref.get(named, ""), site)
        for order in erp.read_orders(raw)[0]:
            code = order.code or by_ref.get(order.associated_ref, "")
            units = ordered.setdefault(code, {})
            for line in order.lines:
                units[line.sku] = units.get(line.sku, 0) + line.quantity
    seen: set[str] = set()
    for invoice in invoices:  # a build that shows no items: everything ordered is promised
        if not invoice.lines and invoice.order_code not in seen:
            seen.add(invoice.order_code)
            lines += [_row(invoice, sku, n) for sku, n in ordered.get(invoice.order_code, {}).items()]
    untold = {i.invoice_code for i in invoices if not i.lines and i.order_code not in ordered}
    untold |= {entry.subject for entry in unreadable}
    lines += [line for code in sorted(untold) for line in before.get(code, ())]
    with runtime.store.transaction() as db:
        db.execute("select store_demand(%s, %s, %s)", (name, began, json.dumps(lines)))
        _tell(db, name, unreadable)
    return len(invoices)


def _known(runtime: Runtime) -> Known:
    known: Known = {}
    for row in runtime.store.rows(
        "select invoice_code, order_code, sku, units, stage, shipped from demand where erp = %s",
        runtime.configuration.erp.name,
    ):
        known.setdefault(row["invoice_code"], []).append(list(row.values()))
    return known


def _tell(db: Connection, erp: str, unreadable: Iterable[Unreadable]) -> None:
    """What an invoice that cannot be read promises is known to nobody: its goods may be sold to somebody else."""
    subjects = []
    for entry in unreadable:
        subjects.append(f"demand:{entry.subject}")
        told, error = verdict(entry.error.kind), entry.error
        why = f"{error.field} {error.value!r}: {error.why}; until then its units may be sold again"
        db.execute(
            "select file_exception(k, s, %s, 'stock-in', %s, %s, %s, %s, %s, null, null) from (values (%s, %s))"
            " told (k, s) where not exists"
            " (select 1 from exception e where e.kind = k and e.subject = s and e.state = 'open')",
            (
                entry.subject, erp, told.owner, told.severity,
                f"open invoice {entry.subject}, {why}", told.next_step, entry.error.kind, subjects[-1],
            ),
        )  # fmt: skip
    db.execute(
        "select close_exception(kind, subject, 'the invoice can be read, or is over', 'fleet') from exception"
        " where state = 'open' and flow = 'stock-in' and connection = %s and subject like 'demand:%%'"
        " and subject <> all (%s)",
        (erp, subjects),
    )


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
