"""Invoices that Khaos takes back or changes: what is unsent is withdrawn, what may have been sent is cancelled."""

from __future__ import annotations

from mappings.canonical import Invoice
from mappings.canonical.stages import CANCELLED_STAGE, ISSUE_STAGE, ISSUED_STAGE
from workers.domain import transitions
from workers.domain.fulfilment import LEFT, OUT, FulfilmentRow, State, add_to_timeline, lock_of_invoice, lock_of_order
from workers.ledger.store import NewMessage
from workers.spine import priority
from workers.spine.reading import Reading, fingerprint


def withdraw(reading: Reading, invoice: Invoice, *, order_too: bool) -> None:
    """Withdraw or cancel the fulfilment of an invoice that Khaos took back, and close its dead reads.

    Those of the whole order are closed with ``order_too``: no other invoice of it is wanted.
    """
    row = lock_of_invoice(reading.run, reading.runtime.configuration.erp.name, invoice.invoice_code)
    why = (
        "cancelled in Khaos Control"
        if invoice.stage == CANCELLED_STAGE or invoice.order_cancelled
        else f"stage {invoice.stage} in Khaos Control"
    )
    reading.run(
        "select finish(id, 'withdrawn', %s, 'fleet') from message where subject = any (%s) and state = 'dead'",
        why,
        [
            f"read:{reading.record.connection}:{reading.record.source}:{code}"
            for code in (invoice.invoice_code, *([invoice.order_code] if order_too else []))
        ],
    )
    if row is None:
        return
    if row.state is State.CANCELLING:  # for a change until now, perhaps; now it shall not come back
        transitions.set_resend(reading.run, row, resend=False)
    elif withdraw_unpushed(reading, row, why):
        transitions.withdraw(reading.run, row)
        add_to_timeline(reading.run, row, "withdrawn", why)
    elif row.state is State.CLOSED_SHORT and not any(row.shipped.values()):
        return  # nothing of it left, and nothing is there: the person who has its short pick settles it
    elif row.state in LEFT:
        reading.file_exception(
            "shipped_after_cancel",
            subject=row.subject,
            story=row.order_code,
            flow="orders-out",
            connection=row.warehouse,
            why=f"invoice {invoice.invoice_code} was {why}, but goods of it have left the warehouse",
        )
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
    """Withdraw what was surely not sent, but never a cancellation. True when nothing that may have been sent remains.

    What is expected of an order that remains is expected still.
    """
    subject = row.subject
    reading.run(
        "select finish(id, 'withdrawn', %s, 'fleet') from (select id from message where subject = %s"
        " and kind <> 'cancel' and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null"
        " for update) m",
        why,
        subject,
    )
    left = reading.run("select 1 as one from message where subject = %s limit 1", subject)
    if left or row.state is not State.NEW or row.sent_at is not None:
        return False
    reading.run("delete from expectation where subject = %s", subject)
    return True


def notice_vanished(reading: Reading, order_code: str, invoices: list[Invoice], hidden: set[str]) -> None:
    """File one of our invoices that Khaos does not show any more, or that another hand issued.

    ``invoices`` are all that the order has; ``hidden`` names those that were shown and could not be read.
    """
    shown = {invoice.invoice_code: invoice for invoice in invoices}
    erp = reading.runtime.configuration.erp.name
    for invoice in invoices:
        if invoice.stage >= ISSUED_STAGE:
            _issued(reading, invoice)
    for row in lock_of_order(reading.run, erp, order_code):
        one = shown.get(row.invoice_code)
        if one is not None or row.state not in OUT:
            reading.close_exception("invoice_vanished", row.subject, "its invoice is shown, or it is over")
        if row.state not in OUT:
            continue
        if one is None:
            if row.invoice_code not in hidden and order_code not in hidden:
                _file(
                    reading,
                    "invoice_vanished",
                    row,
                    f"Khaos Control shows no invoice {row.invoice_code} of order {order_code} any more, and"
                    f" {row.reference} is at {row.warehouse} for it",
                )
        elif one.stage >= ISSUE_STAGE and one.stage not in reading.runtime.erp.withdraw_stages and one.ship_date:
            _file(
                reading,
                "issued_elsewhere",
                row,
                f"invoice {one.invoice_code} is in stage {one.stage} of Khaos Control, and the warehouse has not"
                " dispatched it",
            )


def _issued(reading: Reading, invoice: Invoice) -> None:
    """Khaos has issued an invoice, so its stock has fallen there: nobody waits for that any more."""
    subject = f"invoice:{invoice.invoice_code}"
    reading.run("delete from expectation where subject = %s and what = 'issued'", subject)
    reading.close_exception("never_issued", subject, f"it is in stage {invoice.stage}")


def _file(reading: Reading, kind: str, row: FulfilmentRow, why: str) -> None:
    reading.file_exception(
        kind, subject=row.subject, story=row.order_code, flow="orders-out", connection=row.warehouse, why=why
    )
