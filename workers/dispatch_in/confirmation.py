"""Proof of a dispatch by Khaos Control's own status, and the exception where the proof is missing."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from mappings.canonical import Invoice
from mappings.canonical.stages import ISSUE_STAGE, ISSUED_STAGE
from workers.dispatch_in.invoice_binding import adopt, follow, shown_lines
from workers.dispatch_in.routes import FILE
from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, Units, lock
from workers.domain.invoices import close_placed
from workers.domain.splits import InvoiceSplit, ask, over, parts, standing
from workers.ledger.store import Connection, run_effects, within
from workers.spine import exceptions
from workers.spine.runtime import Runtime

Row = dict[str, Any]


def is_shipped(runtime: Runtime, invoice: Invoice) -> bool:
    """Whether Khaos shows the invoice as having left."""
    left = bool(invoice.ship_date) or invoice.stage >= ISSUE_STAGE
    return left and invoice.stage not in runtime.erp.withdraw_stages


def finish(runtime: Runtime, db: Connection, row: Row, invoice: Invoice) -> bool:
    """End a proven shipment's message as delivered, and expect the invoice's issue. False when it was over before."""
    done = db.execute(
        "select finish(%s, 'delivered', %s, 'fleet') as ok",
        (row["id"], f"invoice {invoice.invoice_code} shows it, stage {invoice.stage}"),
    ).fetchone()
    if done is None or not done["ok"]:
        return False
    db.execute("update shipment set confirmed_at = now() where reference = %s", (row["reference"],))
    exceptions.close(within(db), "dispatch_unconfirmed", row["reference"], "Khaos Control shows it")
    close_placed(within(db), _fulfilment(db, row["fulfilment"]), invoice)
    if invoice.stage < ISSUED_STAGE:
        db.execute(
            "insert into expectation (subject, what, story, due_at, kind, flow, connection) values (%s, 'issued', %s,"
            " now() + make_interval(secs => %s), 'never_issued', 'dispatch-in', %s) on conflict do nothing",
            (
                f"invoice:{invoice.invoice_code}",
                row["story"],
                runtime.configuration.fleet.limits.issued,
                runtime.configuration.erp.name,
            ),
        )
    return True


def missing(runtime: Runtime, row: Row, why: str) -> None:
    """File that Khaos does not show a shipment that it should by now."""
    exceptions.file(
        runtime.store.run,
        "dispatch_unconfirmed",
        subject=row["reference"],
        story=row["story"],
        flow="dispatch-in",
        connection=runtime.configuration.erp.name,
        why=f"{row['reference']}: {why} (shipped {json.dumps(row['lines'])})",
        message=row["id"],
        once=exceptions.Once.WITH_THIS_REASON,  # each look that does not show it is no further failure
    )


def confirm_manual_route(runtime: Runtime, row: Row, invoices: list[Invoice], hidden: Collection[str]) -> int:
    """A shipment that an operator assigns. Follows its invoice, sees to splits; returns 1 when it is proven.

    ``invoices`` are all that Khaos shows of the order; ``hidden`` names those, and orders, that could not be read.
    """
    with runtime.store.transaction() as db:
        why = _look(runtime, db, row, invoices, hidden)
        if why is None:
            return 1
    if why:
        missing(runtime, row, why)
    return 0


def _look(runtime: Runtime, db: Connection, row: Row, invoices: list[Invoice], hidden: Collection[str]) -> str | None:
    """None when it is proven, else why a person must look, which is empty while there is time."""
    late = "Khaos Control does not show it as shipped" if row["late"] else ""
    fulfilment = _fulfilment(db, row["fulfilment"])
    code = _code(db, row["reference"])
    if hidden and not {row["story"], code}.isdisjoint(hidden):
        return late
    invoice = follow(db, fulfilment, code, invoices)
    if invoice is None:
        return late
    stands = standing(db, fulfilment, invoice.invoice_code)
    if _is_split(db, stands, shown_lines(fulfilment, invoice)) and adopt(
        db, fulfilment, invoices, runtime.erp.ready_stages
    ):
        fulfilment = _fulfilment(db, row["fulfilment"])
        invoice = follow(db, fulfilment, _code(db, row["reference"]), invoices) or invoice
        stands = standing(db, fulfilment, invoice.invoice_code)
    shown = shown_lines(fulfilment, invoice)
    fits = shown == stands.left if shown else stands.whole
    stays = {sku: n - stands.left.get(sku, 0) for sku, n in shown.items() if n > stands.left.get(sku, 0)}
    if fits:
        why = "Khaos Control shows it with exactly what left"
        run_effects(db, over(stands, why, release=row["state"] == "held"))
    elif stays:
        run_effects(db, [ask(replace(stands, stays=stays), row["id"])])
    if not is_shipped(runtime, invoice):
        if fits and row["route"] == FILE:
            _lay_its_own(db, row, stands)
        return late
    if shown and not fits:
        return f"invoice {invoice.invoice_code} shows other quantities than left the warehouse"
    if finish(runtime, db, row, invoice):
        transitions.confirm(within(db), row["fulfilment"])
        return None
    return ""


def _fulfilment(db: Connection, reference: str) -> FulfilmentRow:
    row = lock(within(db), reference)
    assert row is not None, f"the fulfilment {reference} is not in the ledger"
    return row


def _code(db: Connection, reference: str) -> str:
    row = db.execute("select invoice_code from shipment where reference = %s", (reference,)).fetchone()
    assert row is not None, f"the shipment {reference} is not in the ledger"
    return str(row["invoice_code"])


def _is_split(db: Connection, stands: InvoiceSplit, shown: Units) -> bool:
    """Whether the invoice shows exactly what its first shipments took, and more belongs to it by the ledger."""
    sums = parts(db, stands)
    return shown in (sums if stands.stays else sums[:-1])


def _lay_its_own(db: Connection, row: Row, stands: InvoiceSplit) -> None:
    """Its parcels went into the file of an earlier shipment, and an operator split the invoice between the two."""
    if stands.together[0] != row["reference"] or row["state"] != "sent":
        return
    db.execute(
        "with again as (update message m set state = 'queued', state_since = now(), due_at = now(),"
        "  maybe_sent_at = null, proof = null, proof_due_at = null where m.id = %s and m.state = 'sent'"
        "  and not exists (select 1 from consignment_file c where c.shipment = m.reference) returning m.id)"
        " update message_body b set wire = null from again where b.message_id = again.id",
        (row["id"],),
    )
