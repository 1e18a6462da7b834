"""Invoices that Khaos takes back or changes: what is unsent is withdrawn, what may have been sent is cancelled."""

from __future__ import annotations

from mappings.canonical import Invoice
from mappings.canonical.stages import CANCELLED_STAGE, ISSUE_STAGE
from workers.domain import transitions
from workers.domain.fulfilment import LEFT, OUT, FulfilmentRow, State, add_to_timeline, lock_of_invoice, lock_of_order
from workers.ledger.store import NewMessage
from workers.spine import priority
from workers.spine.reading import Reading, fingerprint


def withdraw(reading: Reading, invoice: Invoice) -> None:
    """Khaos took an invoice back: cancelled, or in a stage that waits."""
    row = lock_of_invoice(reading.run, reading.runtime.configuration.erp.name, invoice.invoice_code)
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
    if row is None:
        return
    if withdraw_unpushed(reading, row, why):
        transitions.withdraw(reading.run, row)
        add_to_timeline(reading.run, row, "withdrawn", why)
    elif row.state in LEFT:
        reading.file_exception(
            "shipped_after_cancel",
            subject=row.subject,
            story=row.order_code,
            flow="orders-out",
            connection=row.warehouse,
            why=f"invoice {invoice.invoice_code} was {why}, but goods of it have left the warehouse",
        )
    elif row.state is State.CANCELLING:  # for a change until now; now it shall not come back
        transitions.set_resend(reading.run, row, resend=False)
    else:
        cancel(reading, row, why, resend=False)


def cancel(reading: Reading, row: FulfilmentRow, why: str, *, resend: bool) -> None:
    """Cancel at the warehouse what may have been sent; ``resend`` gives it a new number once that is proven."""
    transitions.start_cancelling(reading.run, row, resend=resend)
    reading.post(
        NewMessage(
            flow="orders-out",
            connection=row.warehouse,
            kind="cancel",
            reference=row.reference,
            subject=row.subject,
            story=row.order_code,
            body={"reference": row.reference, "why": why, "record": reading.record.id},
            fingerprint=fingerprint(why, reading.record.id),
            priority=priority.CANCELLATION,
            note=why,
        )
    )


def withdraw_unpushed(reading: Reading, row: FulfilmentRow, why: str) -> bool:
    """Withdraw what was surely not sent. True when nothing that may have been sent remains."""
    subject = row.subject
    reading.run(
        "select finish(id, 'withdrawn', %s, 'fleet') from (select id from message where subject = %s"
        " and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null for update) m",
        why,
        subject,
    )
    reading.run("delete from expectation where subject = %s", subject)
    left = reading.run("select 1 as one from message where subject = %s limit 1", subject)
    return not left and row.state is State.NEW and row.sent_at is None


def notice_vanished(reading: Reading, order_code: str, invoices: list[Invoice]) -> None:
    """Every invoice of the order was shown: one of ours that is not among them, or was issued by another hand."""
    shown = {invoice.invoice_code: invoice for invoice in invoices}
    for row in lock_of_order(reading.run, reading.runtime.configuration.erp.name, order_code):
        if row.state not in OUT:
            continue
        invoice = shown.get(row.invoice_code)
        if (
            invoice is not None
            and invoice.stage >= ISSUE_STAGE
            and invoice.stage not in reading.runtime.erp.withdraw_stages
            and invoice.ship_date
        ):
            reading.file_exception(
                "issued_elsewhere",
                subject=row.subject,
                story=order_code,
                flow="orders-out",
                connection=row.warehouse,
                why=f"invoice {invoice.invoice_code} is in stage {invoice.stage} of Khaos Control, and the"
                " warehouse has not dispatched it",
            )
