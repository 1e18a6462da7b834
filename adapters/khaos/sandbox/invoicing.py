"""What can be done to an invoice: split it, give it another code, let it leave with its consignment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import CANCELLED, Invoice, Refused, now
from adapters.khaos.sandbox.switches import Switches

OPEN_STAGES = range(9, 15)  # released to shipping: where a courier can be assigned


@dataclass(frozen=True)
class Consignment:
    """What a courier says of goods that left. ``boxes`` as ExportOrderStatusEx shows them."""

    reference: str
    courier: str = ""
    tracking: str = ""
    shipped_on: date | None = None
    boxes: list[dict[str, str]] = field(default_factory=list)


def check_part(books: Books, invoice: Invoice, lines: dict[str, int]) -> None:
    """Refuse a shipment or split that the invoice cannot give."""
    if invoice.stage == CANCELLED or invoice.order.cancelled_at:
        raise Refused(f"Invoice {invoice.code} is cancelled", "EInvoiceCancelled")
    if invoice.ship_date:
        raise Refused(f"Invoice {invoice.code} has already been shipped", "EInvoiceShipped")
    held = _divisible(books, invoice, lines)
    for sku, n in lines.items():
        if n > held.get(sku, 0):
            raise Refused(f"Invoice {invoice.code} holds {held.get(sku, 0)} of {sku}, not {n}", "EQuantityExceeded")


def _divisible(books: Books, invoice: Invoice, lines: dict[str, int]) -> dict[str, int]:
    """What of an invoice can leave in parts: its goods, and services that are named, for a hire may be one."""
    return {sku: n for sku, n in invoice.lines.items() if sku in lines or sku in books.need({sku: n})}


def split(books: Books, invoice: Invoice, lines: dict[str, int], remainder_stage: int) -> Invoice | None:
    """Leave only ``lines`` of the invoice's goods on it; the rest goes on as a further invoice of the order."""
    held = _divisible(books, invoice, lines)
    rest = {sku: n - lines.get(sku, 0) for sku, n in held.items() if n > lines.get(sku, 0)}
    if not rest:
        return None
    was_assigned = invoice.assigned
    books.assign(invoice, -1)
    others = {sku: n for sku, n in invoice.lines.items() if sku not in held}
    invoice.lines, invoice.moved = {**others, **lines}, True
    if was_assigned:
        books.assign(invoice)
    return books.new_invoice(invoice.order, rest, remainder_stage, assigned=was_assigned)


def leave(books: Books, invoice: Invoice, consignment: Consignment, switches: Switches) -> None:
    """Confirm the shipment: ship date and references are set, the invoice goes to 16 and is issued in its time."""
    invoice.ship_date = consignment.shipped_on or now().date()
    invoice.courier = consignment.courier or invoice.courier
    invoice.consignment, invoice.tracking = consignment.reference, consignment.tracking
    invoice.boxes = consignment.boxes
    invoice.order.tracking_at = now()
    if switches.stock_falls_on == "confirmation":
        books.take_out(invoice)
    books.issue_later(invoice, switches.issue_after)


def recode(books: Books, invoice: Invoice) -> str:
    """The same invoice under a new code."""
    del books.invoices[invoice.code]
    books.by_stage[invoice.stage].pop(invoice.code, None)
    invoice.code = books.number("INV")
    books.invoices[invoice.code] = invoice
    books.by_stage[invoice.stage][invoice.code] = invoice
    invoice.moved = True
    return invoice.code
