"""The ``SALES_ORDER`` element of an order that came in by another door than ImportOrders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement, tostring

DEFAULT_CONTACT = {"FORENAME": "Test", "SURNAME": "Shopper", "EMAIL": "shopper@example.test"}
DEFAULT_ADDRESS = {"ADDRESS1": "1 Market Street", "TOWN": "Leeds", "POSTCODE": "LS1 6DT", "COUNTRY_CODE": "GB"}


@dataclass(frozen=True)
class Line:
    """One line: a stock code, units, and its price under the tag ``PRICE_NET`` or ``PRICE_GRS``."""

    sku: str
    quantity: int
    price: str = "0.00"
    price_tag: str = "PRICE_NET"
    import_ref: str = ""


@dataclass(frozen=True)
class Draft:
    """What such an order says. Addresses and contacts are keyed by the tags without their I or D."""

    reference: str
    lines: Iterable[Line]
    site: str = ""
    customer_ref: str = ""
    urn: str = ""
    company: str = ""
    ordered_at: str = ""
    source: str = "Web"
    courier: str = ""
    paid: bool = True
    invoice_address: Mapping[str, str] = field(default_factory=lambda: DEFAULT_ADDRESS | DEFAULT_CONTACT)
    delivery_address: Mapping[str, str] = field(default_factory=dict)


def write_order(draft: Draft) -> str:
    """The KSDXMLImportFormat document that ImportOrders would have been given for it."""
    root = Element("SALES_ORDERS")
    order = SubElement(root, "SALES_ORDER")
    customer = SubElement(order, "CUSTOMER_DETAIL")
    names = {"OTHER_REF": draft.customer_ref, "COMPANY_CODE": draft.urn, "COMPANY_NAME": draft.company}
    _fill(customer, {"IS_NEW_CUSTOMER": "0", "COMPANY_CLASS": "Retail", **names})
    addresses = SubElement(customer, "ADDRESSES")
    for prefix, address in (("I", draft.invoice_address), ("D", draft.delivery_address)):
        if address:
            element = SubElement(addresses, "INVADDR" if prefix == "I" else "DELADDR")
            _fill(element, {prefix + tag: text for tag, text in address.items()})
    if not draft.paid:
        _fill(SubElement(SubElement(order, "PAYMENTS"), "PAYMENT_DETAIL"), {"PAYMENT_TYPE": "2"})
    header = SubElement(order, "ORDER_HEADER")
    _fill(header, {"ASSOCIATED_REF": draft.reference, "ORDER_DATE": draft.ordered_at, "SITE": draft.site})
    _fill(header, {"SALES_SOURCE": draft.source, "COURIER_CODE": draft.courier})
    items = SubElement(order, "ORDER_ITEMS")
    for line in draft.lines:
        texts = {"STOCK_CODE": line.sku, "MAPPING_TYPE": "1", "ORDER_QTY": str(line.quantity)}
        _fill(SubElement(items, "ORDER_ITEM"), {**texts, line.price_tag: line.price, "IMPORT_REF": line.import_ref})
    return tostring(root, encoding="unicode")


def _fill(element: Element, texts: Mapping[str, str]) -> None:
    for tag, text in texts.items():
        if text:
            SubElement(element, tag).text = text
