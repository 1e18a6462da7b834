"""The sandbox's own ConfirmShipment: no published operation exists, so this one stands for a merchant's."""

from __future__ import annotations

from datetime import date
from typing import Any

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.records import CANCELLED, Invoice, Refused, Shipment, now

ARGUMENTS = ("InvoiceCode", "ShipmentRef", "ConsignmentRef", "Courier", "ShipDate", "Items", "Boxes")


def confirm_shipment(
    books: Books, known: dict[str, Shipment], asked: dict[str, Any], *, issue_after: float, remainder_stage: int
) -> str:
    """Book what left. The same shipment again is counted and has no further effect.

    All of the invoice: it is shipped and issued. A part: this invoice becomes that part, and the
    rest goes on as a further invoice of the order.
    """
    content = tuple(str(asked.get(name, "")) for name in ARGUMENTS)
    reference = str(asked.get("ShipmentRef", ""))
    if not reference:
        raise Refused("ShipmentRef is missing", "EInvalidParameter")
    if (again := known.get(reference)) is not None:
        if again.content != content:
            raise Refused(f"Shipment {reference} was confirmed before with other content", "EShipmentMismatch")
        again.calls += 1
        return "ALREADY CONFIRMED"
    invoice = books.invoices.get(str(asked.get("InvoiceCode", "")))
    if invoice is None:
        raise Refused(f"Invoice {asked.get('InvoiceCode', '')} not found", "EInvoiceNotFound")
    lines = _items(asked.get("Items", ""))
    _check(books, invoice, lines)
    _ship(books, invoice, lines, asked, remainder_stage)
    shipment = Shipment(reference, lines, str(asked.get("ConsignmentRef", "")), invoice.courier, content)
    invoice.shipments.append(shipment)
    known[reference] = shipment
    books.issue_later(invoice, issue_after)
    return "OK"


def _items(document: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    try:
        for item in fromstring(document).iter("ITEM"):
            sku = item.get("STOCK_CODE", "")
            lines[sku] = lines.get(sku, 0) + int(item.get("QTY", "0"))
    except Exception as error:
        raise Refused(f"Items could not be read: {error}", "EDOMParseError") from error
    if not lines or any(n <= 0 for n in lines.values()):
        raise Refused("Items names no units", "EInvalidParameter")
    return lines


def _check(books: Books, invoice: Invoice, lines: dict[str, int]) -> None:
    if invoice.stage == CANCELLED or invoice.order.cancelled_at:
        raise Refused(f"Invoice {invoice.code} is cancelled", "EInvoiceCancelled")
    if invoice.ship_date:
        raise Refused(f"Invoice {invoice.code} has already been shipped", "EInvoiceShipped")
    held = books.need(invoice.lines)
    for sku, n in lines.items():
        if n > held.get(sku, 0):
            raise Refused(f"Invoice {invoice.code} holds {held.get(sku, 0)} of {sku}, not {n}", "EQuantityExceeded")


def _ship(books: Books, invoice: Invoice, lines: dict[str, int], asked: dict[str, Any], remainder_stage: int) -> None:
    held = books.need(invoice.lines)
    rest = {sku: n - lines.get(sku, 0) for sku, n in held.items() if n > lines.get(sku, 0)}
    if rest:
        was_assigned = invoice.assigned
        books.assign(invoice, -1)
        others = {sku: n for sku, n in invoice.lines.items() if sku not in held}
        invoice.lines = {**others, **lines}
        if was_assigned:
            books.assign(invoice)
        books.new_invoice(invoice.order, rest, remainder_stage, assigned=was_assigned)
    when = str(asked.get("ShipDate", ""))[:10]
    invoice.ship_date = date.fromisoformat(when) if when else now().date()
    invoice.courier = str(asked.get("Courier", "")) or invoice.courier
    invoice.consignment = str(asked.get("ConsignmentRef", ""))
    invoice.order.tracking_at = now()
    boxes = asked.get("Boxes", "")
    invoice.boxes = [dict(box.attrib) for box in fromstring(boxes).iter("BOX")] if boxes else []
