"""Proves in batches what was sent: Khaos takes one call at a time, so many shipments share one read-back."""

from __future__ import annotations

import json
from typing import Any

from mappings.canonical import Invoice
from workers.dispatch_in import SHOWN
from workers.intake import SHOWN_A_CALL, call, chunks
from workers.ledger.store import Connection
from workers.policy import verdict
from workers.remainders import adopt_rest
from workers.runtime import Runtime
from workers.withdrawals import ISSUE_STAGE

ISSUED = 70


def read_back(runtime: Runtime) -> int:
    """Ask Khaos to show the invoices of shipments that it was told of. Returns how many were proven."""
    name = runtime.configuration.erp.name
    waiting = runtime.store.rows(
        "select m.id, m.story, m.reference, s.fulfilment, s.lines, s.invoice_code, m.proof_due_at < now() as late"
        " from message m join shipment s on s.reference = m.reference"
        " where m.connection = %s and m.state = 'sent' and m.proof = %s order by m.id",
        name,
        SHOWN,
    )
    proven = 0
    orders = sorted({row["story"] for row in waiting})
    for codes in chunks(orders, SHOWN_A_CALL):
        raw = call(runtime, name, "read-back", lambda codes=codes: runtime.erp.fetch_status(codes))
        invoices, _unreadable = runtime.erp.read_status(raw)
        shown: dict[str, list[Invoice]] = {}
        for invoice in invoices:
            shown.setdefault(invoice.order_code, []).append(invoice)
        for row in waiting:
            if row["story"] in shown and row["story"] in codes:
                proven += _prove(runtime, row, shown[row["story"]])
    return proven


def _prove(runtime: Runtime, row: dict[str, Any], invoices: list[Invoice]) -> int:
    invoice = next((i for i in invoices if i.invoice_code == row["invoice_code"]), None)
    if (
        invoice is None
        or not (invoice.ship_date or invoice.stage >= ISSUE_STAGE)
        or invoice.stage in runtime.erp.withdraw_stages
    ):
        if row["late"]:
            _missing(runtime, row, "Khaos Control does not show it as shipped")
        return 0
    quantities = {line.sku: line.quantity for line in invoice.lines}
    if quantities and any(quantities.get(sku) != units for sku, units in row["lines"].items()):
        _missing(runtime, row, f"invoice {invoice.invoice_code} shows other quantities than left the warehouse")
        return 0
    with runtime.store.transaction() as db:
        done = db.execute(
            "select finish(%s, 'delivered', %s, 'fleet') as ok",
            (row["id"], f"invoice {invoice.invoice_code} shows it, stage {invoice.stage}"),
        ).fetchone()
        if done is None or not done["ok"]:
            return 0
        db.execute("update shipment set confirmed_at = now() where reference = %s", (row["reference"],))
        _adopt_rest(db, row["fulfilment"], invoices)
        db.execute(
            "update fulfilment f set confirmed = true, changed_at = now() where reference = %s"
            " and not exists (select 1 from shipment s where s.fulfilment = f.reference and s.confirmed_at is null)",
            (row["fulfilment"],),
        )
        db.execute(
            "select close_exception('dispatch_unconfirmed', %s, 'Khaos Control shows it', 'fleet')", (row["reference"],)
        )
    return 1


def _adopt_rest(db: Connection, reference: str, invoices: list[Invoice]) -> None:
    """The read-back shows the further invoice of a part shipment at once; no need to wait for the next poll."""
    known = db.execute("select * from fulfilment where reference = %s for update", (reference,)).fetchone()
    if known is None:
        return
    bound = {
        row["invoice_code"]
        for row in db.execute(
            "select invoice_code from fulfilment where erp = %s and order_code = %s"
            " and state not in ('cancelled', 'withdrawn')"
            " union select invoice_code from shipment where fulfilment = %s",
            (known["erp"], known["order_code"], reference),
        ).fetchall()
    }
    for invoice in invoices:
        lines = {line.sku: line.quantity for line in invoice.lines if line.sku in known["requested"]}
        if (
            invoice.invoice_code not in bound
            and invoice.stage < ISSUED
            and adopt_rest(db, known, invoice.invoice_code, lines)
        ):
            return


def _missing(runtime: Runtime, row: dict[str, Any], why: str) -> None:
    kind = "dispatch_unconfirmed"
    told = verdict(kind)
    runtime.store.run(
        "select file_exception(%s, %s, %s, 'dispatch-in', %s, %s, %s, %s, %s, %s, null)",
        kind,
        row["reference"],
        row["story"],
        runtime.configuration.erp.name,
        told.owner,
        told.severity,
        f"{row['reference']}: {why} (shipped {json.dumps(row['lines'])})",
        told.next_step,
        row["id"],
    )
