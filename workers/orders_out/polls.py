"""Polls of Khaos for ``orders-out``: invoices that are ready or taken back, and orders that are out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

from mappings.canonical.stages import CANCELLED_STAGE
from workers.ports.sources import Source
from workers.spine.polling import ORDERS_A_CALL, SHOWN_A_CALL, call, chunks, receipt
from workers.spine.runtime import Runtime


def poll_orders(runtime: Runtime) -> int:
    """Ask Khaos for invoices that are ready, cancelled or taken back. Returns how many records are new."""
    erp, name = runtime.erp, runtime.configuration.erp.name
    raw = call(runtime, name, "orders", erp.fetch_status)
    invoices, unreadable = erp.read_status(raw)
    fulfilments = {
        row["invoice_code"]: row
        for row in runtime.store.rows(
            "select invoice_code, state, requested, order_code from fulfilment where erp = %s"
            " and invoice_code = any (%s) and state not in ('cancelled', 'withdrawn')",
            name,
            [invoice.invoice_code for invoice in invoices],
        )
    }
    detail: list[str] = []
    plain: list[str] = []
    for invoice in invoices:
        row = fulfilments.get(invoice.invoice_code)
        taken_back = invoice.stage == CANCELLED_STAGE or invoice.order_cancelled or invoice.stage in erp.withdraw_stages
        if taken_back:
            if row is not None:
                plain.append(invoice.order_code)
        elif row is None:
            detail.append(invoice.order_code)
    detail += [code for code in _changed(runtime, invoices, fulfilments) if code not in detail]
    detail += _stuck(runtime, {invoice.order_code for invoice in invoices if invoice.stage in erp.ready_stages})
    slices = erp.split_status(raw)
    plain += _naming(slices, [entry.subject for entry in unreadable])
    taken = [i.invoice_code for i in invoices if i.stage in (CANCELLED_STAGE, *erp.withdraw_stages)]
    plain += _naming(slices, _dead_reads(runtime, name), among=taken)
    new = _ask_afresh(runtime, name, slices)
    for codes in chunks(sorted(set(detail)), ORDERS_A_CALL):
        orders = call(runtime, name, "orders", lambda codes=codes: erp.fetch_orders(codes))
        new += _keep(runtime, name, _joined(erp, slices, codes), orders, ours=_ours(runtime, name, codes))
    for codes in chunks(sorted(set(plain) - set(detail)), ORDERS_A_CALL):
        new += _keep(runtime, name, _joined(erp, slices, codes), b"", ours=_ours(runtime, name, codes))
    return new


def _naming(slices: dict[str, bytes], codes: Iterable[str], *, among: Iterable[str] | None = None) -> list[str]:
    """Orders whose part of a status reply names one of some codes, and one of ``among`` if that is given."""
    quoted = [f'"{code}"'.encode() for code in codes]
    also = None if among is None else [f'"{code}"'.encode() for code in among]
    return [
        order
        for order, part in slices.items()
        if any(q in part for q in quoted) and (also is None or any(q in part for q in also))
    ]


def _dead_reads(runtime: Runtime, name: str) -> list[str]:
    """Orders and invoices that could not be read: if Khaos takes them back meanwhile, that is over."""
    rows = runtime.store.rows(
        "select reference from message where connection = %s and flow = 'orders-out' and kind = 'read'"
        " and state = 'dead'",
        name,
    )
    return [row["reference"] for row in rows]


def _ask_afresh(runtime: Runtime, name: str, slices: dict[str, bytes]) -> int:
    """Orders that somebody wants read again, as Khaos shows them now: an old record must not be read for them."""
    wanted = runtime.store.rows("select code, asked_at from order_wanted where erp = %s order by code", name)
    new = 0
    for codes in chunks(sorted(_naming(slices, [row["code"] for row in wanted])), ORDERS_A_CALL):
        orders = call(runtime, name, "orders", lambda codes=codes: runtime.erp.fetch_orders(codes))
        moment = str(time.time_ns()).encode()
        new += _keep(runtime, name, _joined(runtime.erp, slices, codes), orders, ours=moment)
    for row in wanted:
        runtime.store.run(
            "delete from order_wanted where erp = %s and code = %s and asked_at <= %s",
            name,
            row["code"],
            row["asked_at"],
        )
    return new


def _changed(runtime: Runtime, invoices: Iterable[Any], fulfilments: dict[str, Any]) -> list[str]:
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


def _stuck(runtime: Runtime, ready: set[str]) -> list[str]:
    """Released orders that died unsent, of their address for instance: what is put right in Khaos is seen so."""
    rows = runtime.store.rows(
        "select distinct f.order_code from message m join fulfilment f on f.reference = m.reference"
        " where m.flow = 'orders-out' and m.kind = 'order' and m.state = 'dead' and m.maybe_sent_at is null"
        " and f.state = 'new' and f.erp = %s",
        runtime.configuration.erp.name,
    )
    return [row["order_code"] for row in rows if row["order_code"] in ready]


def _joined(erp: Any, slices: dict[str, bytes], codes: Sequence[str]) -> bytes:
    joined: bytes = erp.join_status([slices[code] for code in codes if code in slices])
    return joined


def _ours(runtime: Runtime, name: str, codes: Sequence[str]) -> bytes:
    """What we know of some orders: when that changes, the same words of Khaos's are worth another reading."""
    rows = runtime.store.rows(
        "select reference, state, shipments, invoice_code from fulfilment where erp = %s and order_code = any (%s)"
        " order by reference",
        name,
        list(codes),
    )
    return json.dumps(rows).encode()


def _keep(runtime: Runtime, name: str, status: bytes, orders: bytes, *, whole: bool = False, ours: bytes = b"") -> int:
    payload: dict[str, Any] = {"status": status.decode(), "orders": orders.decode()}
    if whole:
        payload["whole"] = True
    key = receipt(runtime.erp.steady(status) + orders + ours + (b"whole" if whole else b""))
    return int(
        runtime.store.receive(name, Source.ORDERS, key, json.dumps(payload, sort_keys=True).encode()) is not None
    )


def poll_open_orders(runtime: Runtime) -> int:
    """Ask Khaos about orders that are out, whatever their stage: what was issued or taken away by another hand."""
    name = runtime.configuration.erp.name
    rows = runtime.store.rows(
        "select distinct order_code from fulfilment where erp = %s and state in ('new', 'sent', 'part_dispatched')"
        " and changed_at < now() - make_interval(secs => %s) order by order_code",
        name,
        runtime.configuration.fleet.intervals.sweep,
    )
    new = 0
    for codes in chunks([row["order_code"] for row in rows], SHOWN_A_CALL):
        raw = call(runtime, name, "open orders", lambda codes=codes: runtime.erp.fetch_status(codes))
        new += _keep(runtime, name, raw, b"", whole=True)
    return new
