"""What Khaos's open invoices promise, read as generously as can be: what is unclear is promised rather than sold again.

Vendor's Web Integration Guide v7.8d, ExportOrderStatusEx and ExportOrders. Whoever ships an invoice reads it strictly
(``invoices``); here a bad address, date or stage hides no unit, and a part of a unit is a whole one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from mappings.canonical.promises import Promise, Units
from mappings.errors import Unmappable
from mappings.khaos.invoices import is_sales_order
from mappings.khaos.orders import code_of
from mappings.khaos.values import day, document, number, text
from mappings.quantities import believable


def read_promises(status_xml: str) -> list[Promise]:
    """Every invoice of the reply that has a code and is no credit note; one of an unknown type promises as well.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    return [
        _promise(order, invoice)
        for order in document(status_xml, "STATUS_LIST").iterfind("ORDER_STATUS")
        for invoice in order.iterfind("INVOICES/INVOICE")
        if invoice.get("INVOICE_CODE", "").strip() and _promises(order)
    ]


def read_ordered(orders_xml: str) -> dict[str, dict[str, int]]:
    """Units by SKU of each full order, by its code and by its associated reference, whatever else is wrong with it.

    An order with a line that cannot be read is left out: nobody knows all that it promises.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    found: dict[str, dict[str, int]] = {}
    for order in document(orders_xml, "SALES_ORDERS").iterfind("SALES_ORDER"):
        lines = order.iterfind("ORDER_ITEMS/ORDER_ITEM")
        units = _sum((text(line, "STOCK_CODE"), text(line, "ORDER_QTY")) for line in lines)
        for name in (code_of(order), text(order.find("ORDER_HEADER"), "ASSOCIATED_REF")):
            if name and units is not None:
                found[name] = dict(units)
    return found


def _promise(order: Element, invoice: Element) -> Promise:
    items = [
        (item.get("STOCK_CODE", "").strip(), item.get("QTY_SENT", "").strip())
        for item in invoice.iterfind("INVOICE_ITEMS/INVOICE_ITEM")
    ]
    return Promise(
        order_code=order.get("SORDER_CODE", "").strip(),
        associated_ref=order.get("ASSOCIATED_REF", "").strip(),
        invoice_code=invoice.get("INVOICE_CODE", "").strip(),
        stage=_stage(invoice.get("INVOICE_STAGE_ID", "").strip()),
        shipped=_shipped(invoice.get("SHIP_DATE", "").strip()),
        units=_sum(items) if items else None,
    )


def _promises(order: Element) -> bool:
    try:
        return is_sales_order(order)
    except Unmappable:
        return True


def _stage(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() else 0


def _shipped(value: str) -> bool:
    try:
        return day("SHIP_DATE", value) is not None
    except Unmappable:
        return False


def _sum(lines: Iterable[tuple[str, str]]) -> Units | None:
    units: Counter[str] = Counter()
    for sku, quantity in lines:
        try:
            wanted = math.ceil(number("QTY", quantity))
            believable("QTY", quantity, wanted)
        except Unmappable:
            return None
        if not sku and wanted > 0:
            return None
        units[sku] += max(0, wanted)
    return {sku: n for sku, n in units.items() if n}
