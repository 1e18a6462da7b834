"""The sandbox's own ConfirmShipment: no published operation exists, so this one stands for a merchant's."""

from __future__ import annotations

from datetime import date
from typing import Any

from defusedxml.ElementTree import fromstring

from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.invoicing import Consignment, check_part, leave, split
from adapters.khaos.sandbox.records import Refused, Shipment
from adapters.khaos.sandbox.switches import Switches

ARGUMENTS = ("InvoiceCode", "ShipmentRef", "ConsignmentRef", "Courier", "ShipDate", "Items", "Boxes")


def confirm_shipment(books: Books, known: dict[str, Shipment], asked: dict[str, Any], switches: Switches) -> str:
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
    check_part(books, invoice, lines)
    consignment = _consignment(asked)
    split(books, invoice, lines, switches.remainder_stage)
    leave(books, invoice, consignment, switches)
    parcels = tuple(box.get("CONSIGNMENT_REF", "") for box in consignment.boxes)
    shipment = Shipment(reference, lines, consignment.reference, invoice.courier, content, parcels)
    invoice.shipments.append(shipment)
    known[reference] = shipment
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


def _consignment(asked: dict[str, Any]) -> Consignment:
    when, boxes = str(asked.get("ShipDate", ""))[:10], asked.get("Boxes", "")
    return Consignment(
        reference=str(asked.get("ConsignmentRef", "")),
        courier=str(asked.get("Courier", "")),
        shipped_on=date.fromisoformat(when) if when else None,
        boxes=[dict(box.attrib) for box in fromstring(boxes).iter("BOX")] if boxes else [],
    )
