"""``KSDXMLImportFormat`` as ``ExportOrders`` returns it -> who bought: the customer's URN and both addresses.

Vendor's Web Integration Guide v7.8d, "Sales order". A return names both address blocks of its order (khaos.md 3.4).
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element

from mappings.canonical.parties import Parties
from mappings.errors import Unmappable
from mappings.khaos.orders import DELIVERY, INVOICE, address_of, code_of, has_address
from mappings.khaos.values import day, document, money, text, whole_text


def read_parties(orders_xml: str, order_code: str) -> Parties | None:
    """The buyer of an order; None where the reply does not show it.

    Raises:
        Unmappable: no such document; the order names no customer; kind ``bad_address``.
    """
    for order in document(orders_xml, "SALES_ORDERS").iterfind("SALES_ORDER"):
        if order_code in (code_of(order), text(order, "ORDER_HEADER/ASSOCIATED_REF")):
            return _parties(order, order_code)
    return None


def _parties(order: Element, order_code: str) -> Parties:
    whole_text(order)
    urn = text(order, "CUSTOMER_DETAIL/COMPANY_CODE")
    if not urn:
        why = f"order {order_code} shows no customer, so nobody can be credited; correct it in Khaos"
        raise Unmappable("COMPANY_CODE", "", why)
    delivery = address_of(order, DELIVERY) if has_address(order, DELIVERY) else None
    ordered_on = day("ORDER_DATE", text(order, "ORDER_HEADER/ORDER_DATE"))
    if not has_address(order, INVOICE) and delivery is not None:
        return Parties(urn, delivery, ordered_on=ordered_on, paid=_paid(order))
    return Parties(urn, address_of(order, INVOICE), delivery, ordered_on, _paid(order))


def _paid(order: Element) -> dict[str, Decimal]:
    """Gross prices, of SKUs whose lines all show the same; a line that shows a net price shows no gross one."""
    found: dict[str, set[Decimal | None]] = {}
    for item in order.iterfind("ORDER_ITEMS/ORDER_ITEM"):
        shown = None if text(item, "PRICE_NET") else _gross(text(item, "PRICE_GRS"))
        found.setdefault(text(item, "STOCK_CODE"), set()).add(shown)
    return {sku: price for sku, (price, *others) in found.items() if price is not None and not others}


def _gross(word: str) -> Decimal | None:
    try:
        return money("PRICE_GRS", word)
    except Unmappable:
        return None
