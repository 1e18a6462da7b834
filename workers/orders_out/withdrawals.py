"""Invoices that Khaos takes back or changes: what is unsent is withdrawn, what may have been sent is cancelled."""

from __future__ import annotations

from typing import Any

from mappings.canonical import Invoice
from mappings.canonical.stages import CANCELLED_STAGE, ISSUE_STAGE
from workers.ledger.store import NewMessage
from workers.spine.reading import Reading, fingerprint


def withdraw(reading: Reading, invoice: Invoice) -> None:
    """Khaos took an invoice back: cancelled, or in a stage that waits."""
    known = one(
        reading.run(
            "select * from fulfilment where erp = %s and invoice_code = %s"
            " and state not in ('cancelled', 'withdrawn') for update",
            reading.runtime.configuration.erp.name,
            invoice.invoice_code,
        )
    )
    why = (
        "cancelled in Khaos Control"
        if invoice.stage == CANCELLED_STAGE or invoice.order_cancelled
        else f"stage {invoice.stage} in Khaos Control"
    )
    reading.run(
        "select finish(id, 'withdrawn', %s, 'fleet') from message where subject = %s and state = 'dead'",
        why,
        f"read:{reading.record.connection}:{reading.record.source}:{invoice.order_code}",
    )
    if known is None:
        return
    if withdraw_unpushed(reading, known, why):
        reading.run(
            "update fulfilment set state = 'withdrawn', changed_at = now() where reference = %s", known["reference"]
        )
        reading.tell(known, "withdrawn", why)
    elif known["state"] in ("dispatched", "closed_short", "part_dispatched"):
        reading.file_exception(
            "shipped_after_cancel",
            subject=f"order:{known['reference']}",
            story=known["order_code"],
            flow="orders-out",
            connection=known["warehouse"],
            why=f"invoice {invoice.invoice_code} was {why}, but goods of it have left the warehouse",
        )
    elif known["state"] == "cancelling":  # for a change until now; now it shall not come back
        reading.run("update fulfilment set resend = false where reference = %s", known["reference"])
    else:
        cancel(reading, known, why, resend=False)


def cancel(reading: Reading, known: dict[str, Any], why: str, *, resend: bool) -> None:
    """Cancel at the warehouse what may have been sent; ``resend`` gives it a new number once that is proven."""
    reading.run(
        "update fulfilment set state = 'cancelling', resend = %s, changed_at = now() where reference = %s",
        resend,
        known["reference"],
    )
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=known["warehouse"],
            kind="cancel",
            reference=known["reference"],
            subject=f"order:{known['reference']}",
            story=known["order_code"],
            body={"reference": known["reference"], "why": why, "record": reading.record.id},
            fingerprint=fingerprint(why, reading.record.id),
            priority=2,
            note=why,
        )
    )


def withdraw_unpushed(reading: Reading, known: dict[str, Any], why: str) -> bool:
    """Withdraw what was surely not sent. True when nothing that may have been sent remains."""
    subject = f"order:{known['reference']}"
    reading.run(
        "select finish(id, 'withdrawn', %s, 'fleet') from (select id from message where subject = %s"
        " and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null for update) m",
        why,
        subject,
    )
    reading.run("delete from expectation where subject = %s", subject)
    left = reading.run("select 1 as one from message where subject = %s limit 1", subject)
    return not left and known["state"] == "new" and known["sent_at"] is None


def notice_vanished(reading: Reading, order_code: str, invoices: list[Invoice]) -> None:
    """Every invoice of the order was shown: one of ours that is not among them, or was issued by another hand."""
    shown = {invoice.invoice_code: invoice for invoice in invoices}
    for known in reading.run(
        "select * from fulfilment where erp = %s and order_code = %s and state in ('new', 'sent') for update",
        reading.runtime.configuration.erp.name,
        order_code,
    ):
        invoice = shown.get(known["invoice_code"])
        if (
            invoice is not None
            and invoice.stage >= ISSUE_STAGE
            and invoice.stage not in reading.runtime.erp.withdraw_stages
            and invoice.ship_date
        ):
            reading.file_exception(
                "issued_elsewhere",
                subject=f"order:{known['reference']}",
                story=order_code,
                flow="orders-out",
                connection=known["warehouse"],
                why=f"invoice {invoice.invoice_code} is in stage {invoice.stage} of Khaos Control, and the"
                " warehouse has not dispatched it",
            )


def one(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The first row, or None."""
    return rows[0] if rows else None
