"""Polls of Khaos for ``orders-out``: invoices that are ready or taken back, and orders that are out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from mappings.canonical import Invoice
from mappings.canonical.stages import CANCELLED_STAGE
from workers.orders_out.last_words import Status, forget_old, joined
from workers.spine.polling import ORDERS_A_CALL, SHOWN_A_CALL, Units, call, chunks, now
from workers.spine.runtime import Runtime

DETAILS_A_TURN = 40 * ORDERS_A_CALL  # orders that are out and read in full, each turn those that wait longest


def poll_orders(runtime: Runtime) -> int:
    """Ask Khaos for invoices that are ready, cancelled or taken back. Returns how many records are new."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    asked_at = now(runtime)
    raw = call(runtime, name, "orders", erp.fetch_status)
    invoices, unreadable = erp.read_status(raw)
    status = Status(runtime, "orders", asked_at, erp.split_status(raw))
    fulfilments = _fulfilments(runtime, invoices)
    moved = status.moved()
    detail: set[str] = set(_changed(runtime, invoices, fulfilments))
    plain: set[str] = set()
    for invoice in invoices:
        row = fulfilments.get(invoice.invoice_code)
        if _is_taken_back(runtime, invoice):
            if row is not None or invoice.order_code in moved:
                plain.add(invoice.order_code)
        elif row is None or (row["state"] in ("new", "sent") and invoice.order_code in moved):
            detail.add(invoice.order_code)
    detail |= _stuck(runtime, {invoice.order_code for invoice in invoices if invoice.stage in erp.ready_stages})
    plain.update(_naming(status.parts, [entry.subject for entry in unreadable]))
    taken = [i.invoice_code for i in invoices if i.stage in (CANCELLED_STAGE, *erp.withdraw_stages)]
    plain.update(_naming(status.parts, _dead_reads(runtime, name), among=taken))
    # first what needs no further call: a document that cannot be had keeps no cancellation waiting
    new = sum(status.keep(codes) for codes in chunks(sorted(plain - detail), ORDERS_A_CALL))
    new += _ask_afresh(runtime, status, invoices)
    new += _detail(status, sorted(detail), invoices)[0]
    return new


def _fulfilments(runtime: Runtime, invoices: Iterable[Invoice]) -> dict[str, Any]:
    rows = runtime.store.rows(
        "select invoice_code, state, requested, order_code from fulfilment where erp = %s"
        " and invoice_code = any (%s) and state not in ('cancelled', 'withdrawn')",
        runtime.configuration.erp.name,
        [invoice.invoice_code for invoice in invoices],
    )
    return {row["invoice_code"]: row for row in rows}


def _is_taken_back(runtime: Runtime, invoice: Invoice) -> bool:
    at_rest = invoice.stage == CANCELLED_STAGE or invoice.stage in runtime.erp.withdraw_stages
    return at_rest or invoice.order_cancelled


def _detail(status: Status, codes: list[str], invoices: Iterable[Invoice], *, salt: str = "") -> tuple[int, set[str]]:
    """Keep some orders with their documents. One that does not come is somebody's, and is asked for again.

    Returns how many records are new, and which orders came.
    """
    runtime = status.runtime
    units = Units(runtime, runtime.configuration.erp.name, "orders-out", "order", ORDERS_A_CALL)
    by_ref = {invoice.associated_ref: invoice.order_code for invoice in invoices if invoice.associated_ref}
    new, answered, came = 0, set[str](), set[str]()
    for some, documents in units.fetch(codes, lambda some: runtime.erp.split_orders(runtime.erp.fetch_orders(some))):
        orders = joined(set(some), documents, by_ref)
        new += status.keep(some, orders, salt=salt)
        for code in sorted(orders.missing):
            units.not_exported(code, "it shows the invoice, and its answer does not hold the order")
        units.exported(list(orders.by_code))
        answered.update(some)
        came.update(orders.by_code)
    for some in chunks([code for code in codes if code not in answered], ORDERS_A_CALL):
        new += status.keep(some, joined(set(some), {}, {}))  # what was taken back of them is taken back all the same
    return new, came


def _naming(parts: Mapping[str, bytes], codes: Iterable[str], *, among: Iterable[str] | None = None) -> list[str]:
    """Orders whose part of a status reply names one of some codes, and one of ``among`` if that is given."""
    quoted = [f'"{code}"'.encode() for code in codes]
    also = None if among is None else [f'"{code}"'.encode() for code in among]
    return [
        order
        for order, part in parts.items()
        if any(q in part for q in quoted) and (also is None or any(q in part for q in also))
    ]


def _dead_reads(runtime: Runtime, name: str) -> list[str]:
    """Orders and invoices that could not be read; a later status may close them."""
    rows = runtime.store.rows(
        "select reference from message where connection = %s and flow = 'orders-out' and kind = 'read'"
        " and state = 'dead'",
        name,
    )
    return [row["reference"] for row in rows]


def _ask_afresh(runtime: Runtime, status: Status, invoices: Iterable[Invoice]) -> int:
    """Orders that somebody wants read again, as Khaos shows them now. They stay wanted until it shows them."""
    name, units = runtime.configuration.erp.name, _wanted_units(runtime)
    runtime.store.run(
        "delete from order_wanted w where erp = %s and exists (select 1 from exception e where e.kind = 'not_exported'"
        " and e.subject = any (%s) and e.story = w.code and e.state = 'dismissed' and e.closed_at > w.asked_at)",
        name,
        units.subjects(_wanted(runtime)),
    )
    wanted, salt = _wanted(runtime), str(time.time_ns())
    here = {code: orders for code in wanted if (orders := _naming(status.parts, [code]))}
    found = sorted({order for orders in here.values() for order in orders})
    new, came = _detail(status, found, invoices, salt=salt)
    shown = {code for code, orders in here.items() if came.issuperset(orders)}
    for codes in chunks(sorted(set(wanted) - set(here)), SHOWN_A_CALL):
        asked_at = now(runtime)
        raw = call(runtime, name, "orders", lambda codes=codes: runtime.erp.fetch_status(codes))
        parts = runtime.erp.split_status(raw)
        elsewhere = Status(runtime, "asked", asked_at, parts, whole=True)
        new += elsewhere.keep(parts, salt=salt)
        shown.update(set(codes) & set(parts))
        for code in sorted(set(codes) - set(parts)):
            units.not_exported(code, "it was asked for again, and is not shown")
    units.exported(sorted(shown))
    for code in shown:
        runtime.store.run(
            "delete from order_wanted where erp = %s and code = %s and asked_at <= %s", name, code, wanted[code]
        )
    return new


def _wanted_units(runtime: Runtime) -> Units:
    return Units(runtime, runtime.configuration.erp.name, "orders-out", "wanted order", ORDERS_A_CALL)


def _wanted(runtime: Runtime) -> dict[str, Any]:
    rows = runtime.store.rows(
        "select code, asked_at from order_wanted where erp = %s order by code", runtime.configuration.erp.name
    )
    return {row["code"]: row["asked_at"] for row in rows}


def _changed(runtime: Runtime, invoices: Iterable[Invoice], fulfilments: dict[str, Any]) -> list[str]:
    """Orders whose ready invoice shows other quantities than its fulfilment asks for."""
    codes = []
    for invoice in invoices:
        row = fulfilments.get(invoice.invoice_code)
        if (
            row is None
            or row["state"] not in ("new", "sent")
            or invoice.stage not in runtime.erp.ready_stages
            or not invoice.lines
        ):
            continue
        shown = {line.sku: line.quantity for line in invoice.lines}
        if any(shown.get(sku) != units for sku, units in row["requested"].items()):
            codes.append(invoice.order_code)
    return codes


def _stuck(runtime: Runtime, ready: set[str]) -> set[str]:
    """Released orders that died unsent, of their address for instance: what is put right in Khaos is seen so."""
    rows = runtime.store.rows(
        "select distinct f.order_code from message m join fulfilment f on f.reference = m.reference"
        " where m.flow = 'orders-out' and m.kind = 'order' and m.state = 'dead' and m.maybe_sent_at is null"
        " and f.state = 'new' and f.erp = %s",
        runtime.configuration.erp.name,
    )
    return {row["order_code"] for row in rows} & ready


def poll_open_orders(runtime: Runtime) -> int:
    """Ask Khaos about orders that are out, whatever their stage, and about shipped ones that it has yet to issue.

    Finds what was issued or taken away by another hand, and addresses and couriers that were changed after release.
    """
    name, new = runtime.configuration.erp.name, 0
    rows = runtime.store.rows(
        "select f.order_code, bool_or(f.state in ('new', 'sent', 'part_dispatched')) as out,"
        " max(w.kept_at) as detailed_at from fulfilment f"
        " left join order_word w on w.erp = f.erp and w.poll = 'details'"
        " and w.order_code = f.order_code where f.erp = %s and f.changed_at < now() - make_interval(secs => %s)"
        " and (f.state in ('new', 'sent', 'part_dispatched') or exists (select 1 from expectation e"
        " where e.story = f.order_code and e.what = 'issued')) group by f.order_code"
        " order by max(w.kept_at) nulls first, f.order_code",
        name,
        runtime.configuration.fleet.intervals.sweep,
    )
    out = [row["order_code"] for row in rows if row["out"]][:DETAILS_A_TURN]
    for codes in chunks([row["order_code"] for row in rows], SHOWN_A_CALL):
        asked_at = now(runtime)
        raw = call(runtime, name, "open orders", lambda codes=codes: runtime.erp.fetch_status(codes))
        parts = runtime.erp.split_status(raw)
        new += Status(runtime, "open orders", asked_at, parts, whole=True).keep(codes)
        invoices, _unreadable = runtime.erp.read_status(raw)
        ready = {invoice.order_code for invoice in invoices if invoice.stage in runtime.erp.ready_stages}
        detailed = [code for code in codes if code in ready and code in out]
        new += _detail(Status(runtime, "details", asked_at, parts), detailed, invoices)[0]
    forget_old(runtime)
    return new
