"""``KSDXMLOrderStatusEx`` -> invoices: the reply that says which invoices there are, in which stage, with what.

Vendor's Web Integration Guide v7.8d, ExportOrderStatusEx, and its example file.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from mappings.canonical import Invoice, PickLine
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.values import day, document, money, text, whole, whole_text

# the example writes S, its comment 1 and 2; a credit note is never picked
ORDER_TYPES: Mapping[str, bool] = {"": True, "S": True, "1": True, "C": False, "2": False}


def read_invoices(status_xml: str) -> tuple[list[Invoice], list[Unreadable]]:
    """Every invoice of every sales order in the reply; credit notes are left out.

    Quantities are whole units, a SKU that stands on several lines is added up, and lines of
    nothing are dropped. ``lines`` is empty when the reply carries no items, or items without
    quantities. An invoice that cannot be read is named by its code (its order's, when it has none)
    among the unreadable; ``error.kind`` is ``fractional_quantity`` for a part of a unit.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    good: list[Invoice] = []
    bad: list[Unreadable] = []
    for order in document(status_xml, "STATUS_LIST").iterfind("ORDER_STATUS"):
        for invoice in order.iterfind("INVOICES/INVOICE"):
            try:
                if is_sales_order(order):
                    good.append(_invoice(order, invoice))
            except Unmappable as error:
                subject = invoice.get("INVOICE_CODE", "").strip() or order.get("SORDER_CODE", "").strip()
                bad.append(Unreadable(subject, error))
    return good, bad


def is_sales_order(order: Element) -> bool:
    """True for an order, False for a credit note. Raises Unmappable for a type that no row knows."""
    kind = order.find("ORDER_TYPE")
    word = "" if kind is None else kind.get("TYPE_ID", "").strip().upper()
    if word not in ORDER_TYPES:
        why = "unknown type of order; add a row to ORDER_TYPES in mappings/khaos/invoices.py"
        raise Unmappable("ORDER_TYPE@TYPE_ID", word, why)
    return ORDER_TYPES[word]


def _invoice(order: Element, invoice: Element) -> Invoice:
    def attribute(name: str) -> str:
        return invoice.get(name, "").strip()

    whole_text(order, but="INVOICES")
    whole_text(invoice)
    for name, value in (
        ("SORDER_CODE", order.get("SORDER_CODE", "").strip()),
        ("INVOICE_CODE", attribute("INVOICE_CODE")),
        ("INVOICE_STAGE_ID", attribute("INVOICE_STAGE_ID")),
    ):
        if not value:
            raise Unmappable(
                name, "", "is missing, and nothing can be done for the invoice without it; ask the merchant"
            )
    return Invoice(
        order_code=order.get("SORDER_CODE", "").strip(),
        associated_ref=order.get("ASSOCIATED_REF", "").strip(),
        invoice_code=attribute("INVOICE_CODE"),
        customer=customer_of(order),
        stage=whole("INVOICE_STAGE_ID", attribute("INVOICE_STAGE_ID")),
        stage_name=attribute("INVOICE_STAGE_DESC"),
        order_cancelled=_has_content(order.find("CANCELLED")),
        lines=_lines(invoice),
        quantity_sold=money("QTY_SOLD", attribute("QTY_SOLD")),
        quantity_sent=money("QTY_SENT", attribute("QTY_SENT")),
        ship_date=day("SHIP_DATE", attribute("SHIP_DATE")),
        issue_date=day("ISSUE_DATE", attribute("ISSUE_DATE")),
        courier=attribute("COURIER") or text(order, "COURIER"),
        consignment=attribute("CONSIGNMENT_REF"),
    )


def customer_of(order: Element) -> str:
    """The URN of an ORDER_STATUS."""
    company = order.find("COMPANY_NAME")
    return "" if company is None else company.get("COMPANY_CODE", "").strip()


def _has_content(element: Element | None) -> bool:
    """The vendor also writes tags that have nothing to say: an empty CANCELLED cancels nothing."""
    return element is not None and any((e.text or "").strip() for e in element.iter())


def _lines(invoice: Element) -> tuple[PickLine, ...]:
    units: dict[str, int] = {}
    for item in invoice.iterfind("INVOICE_ITEMS/INVOICE_ITEM"):
        sku, quantity = item.get("STOCK_CODE", "").strip(), item.get("QTY_SENT", "").strip()
        if not quantity:
            return ()  # this build does not fill it before despatch: half of the lines would be worse than none
        if not sku:
            raise Unmappable("INVOICE_ITEM@STOCK_CODE", "", "a line without a stock code; correct the order in Khaos")
        units[sku] = units.get(sku, 0) + whole("INVOICE_ITEM@QTY_SENT", quantity)
    return tuple(PickLine(sku=sku, quantity=n) for sku, n in units.items() if n)
