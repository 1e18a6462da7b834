"""Which Khaos invoice a shipment stands on, when Khaos gives it another code or an operator splits it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mappings.canonical import Invoice
from mappings.canonical.stages import CANCELLED_STAGE, ISSUED_STAGE
from workers.domain import transitions
from workers.domain.fulfilment import FulfilmentRow, Units
from workers.domain.invoices import adopt_rest, place_found
from workers.domain.splits import add_up, standing
from workers.ledger.store import Connection, within


def rebind(db: Connection, fulfilment: FulfilmentRow, old: str, new: str, why: str) -> bool:
    """The invoice goes by another code now. False when that one is another fulfilment's."""
    taken = db.execute(
        "select 1 as one from fulfilment where erp = %s and invoice_code = %s and reference <> %s"
        " and state not in ('cancelled', 'withdrawn')",
        (fulfilment.erp, new, fulfilment.reference),
    ).fetchone()
    if taken is not None or old == new:
        return False
    transitions.recode(within(db), fulfilment.reference, old, new)
    db.execute(
        "update shipment set invoice_code = %s where fulfilment = %s and invoice_code = %s",
        (new, fulfilment.reference, old),
    )
    place_found(within(db), new)
    db.execute(
        "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, 'dispatch-in', %s,"
        " 'recoded', %s)",
        (
            fulfilment.order_code,
            fulfilment.subject,
            fulfilment.erp,
            f"invoice {old} is {new} now: {why}",
        ),
    )
    return True


def unbound(db: Connection, fulfilment: FulfilmentRow, invoices: Iterable[Invoice]) -> list[Invoice]:
    """Invoices of the order that stand neither for a fulfilment nor for a shipment."""
    bound = {
        row["invoice_code"]
        for row in db.execute(
            "select invoice_code from fulfilment where erp = %s and order_code = %s"
            " and state not in ('cancelled', 'withdrawn')"
            " union select s.invoice_code from shipment s join fulfilment f on f.reference = s.fulfilment"
            " where f.erp = %s and f.order_code = %s",
            (fulfilment.erp, fulfilment.order_code) * 2,
        ).fetchall()
    }
    return [invoice for invoice in invoices if invoice.invoice_code not in bound]


def shown_lines(fulfilment: FulfilmentRow, invoice: Invoice) -> Units:
    """Units of an invoice that the warehouse was asked for."""
    return {line.sku: line.quantity for line in invoice.lines if line.sku in fulfilment.requested}


def follow(db: Connection, fulfilment: FulfilmentRow, code: str, invoices: list[Invoice]) -> Invoice | None:
    """The invoice that a shipment of ``code`` stands on by what Khaos shows of the order; None when that is unclear.

    One that Khaos does not show any more goes by another code, if exactly one invoice that nobody else stands on
    holds the same goods, all of them or what left of them. ``invoices`` must be every invoice of the order.
    """
    there = next((invoice for invoice in invoices if invoice.invoice_code == code), None)
    if there is not None:
        return there
    stands = standing(db, fulfilment, code)
    whole = add_up([{"lines": stands.left}, {"lines": stands.stays}])
    same = [
        invoice
        for invoice in unbound(db, fulfilment, invoices)
        if invoice.stage != CANCELLED_STAGE and shown_lines(fulfilment, invoice) in (stands.left, whole)
    ]
    why = "the same goods, and the old code is gone"
    return same[0] if len(same) == 1 and rebind(db, fulfilment, code, same[0].invoice_code, why) else None


def adopt(
    db: Connection, fulfilment: FulfilmentRow, invoices: Sequence[Invoice], ready_stages: Collection[int]
) -> bool:
    """Bind the further invoice that Khaos opened for the rest of a part shipment, if it is among these.

    One that is ready goes before one that waits for stock, which may be for goods that nobody was asked for yet.
    ``invoices`` must be every invoice of the order.
    """
    shown = {invoice.invoice_code for invoice in invoices if invoice.stage != CANCELLED_STAGE}
    return any(
        adopt_rest(db, fulfilment, invoice, shown_lines(fulfilment, invoice), shown)
        for invoice in sorted(unbound(db, fulfilment, invoices), key=lambda one: one.stage not in ready_stages)
        if invoice.stage not in (CANCELLED_STAGE, *range(ISSUED_STAGE, 100)) and shown_lines(fulfilment, invoice)
    )
