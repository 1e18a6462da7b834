"""``KSDXMLOrderStatusEx`` -> credit notes: they stand among the orders, as an order type of their own.

Vendor's Web Integration Guide v7.8d, ExportOrderStatusEx (ORDER_TYPE), and the help pages on returns. Whether a
note shows the reference of the return that it came from is unpublished, so it may be empty.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from mappings.canonical import CreditNote
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.invoices import customer_of, is_sales_order
from mappings.khaos.values import day, document, whole, whole_text


def read_credit_notes(status_xml: str) -> tuple[list[CreditNote], list[Unreadable]]:
    """Every credit note of the reply; sales orders are left out. Units are magnitudes, whichever sign they carry.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    good: list[CreditNote] = []
    bad: list[Unreadable] = []
    for order in document(status_xml, "STATUS_LIST").iterfind("ORDER_STATUS"):
        for invoice in order.iterfind("INVOICES/INVOICE"):
            try:
                if not is_sales_order(order):
                    good.append(_credit_note(order, invoice))
            except Unmappable as error:
                bad.append(Unreadable(invoice.get("INVOICE_CODE", "").strip(), error))
    return good, bad


def _credit_note(order: Element, invoice: Element) -> CreditNote:
    code = invoice.get("INVOICE_CODE", "").strip()
    if not code:
        raise Unmappable("INVOICE_CODE", "", "a credit note without a code; ask the merchant")
    whole_text(order, but="INVOICES")
    whole_text(invoice)
    units: dict[str, int] = {}
    for item in invoice.iterfind("INVOICE_ITEMS/INVOICE_ITEM"):
        sku, quantity = item.get("STOCK_CODE", "").strip(), item.get("QTY_SENT", "").strip()
        if sku and quantity:
            units[sku] = units.get(sku, 0) + abs(whole("INVOICE_ITEM@QTY_SENT", quantity.removeprefix("-")))
    return CreditNote(
        code=code,
        reference=order.get("ASSOCIATED_REF", "").strip(),
        urn=customer_of(order),
        order_code=order.get("SORDER_CODE", "").strip(),
        issued_on=day("INVOICE_DATE", invoice.get("INVOICE_DATE", "").strip()),
        lines=tuple(sorted((sku, n) for sku, n in units.items() if n)),
    )
