"""A new order -> ``KSDXMLImportFormat``, and the lengths that the format allows.

Vendor's Web Integration Guide v7.8d, "Sales order": required tags and maximum lengths. What is too
long is refused: a cut address is a lost parcel.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from mappings.canonical import Address, NewOrder, NewOrderLine
from mappings.errors import Unmappable
from mappings.khaos.values import legal

LONGEST: Mapping[str, int] = {
    "ASSOCIATED_REF": 15,
    "OTHER_REF": 30,
    "STOCK_CODE": 50,
    "STOCK_DESC": 250,
    "IADDRESS1": 35,
    "IADDRESS2": 35,
    "IADDRESS3": 35,
    "ITOWN": 35,
    "ICOUNTY": 35,
    "IPOSTCODE": 10,
    "IFORENAME": 50,
    "ISURNAME": 50,
    "ITEL": 30,
    "IEMAIL": 50,
    "IORGANISATION": 50,
}
NEEDED = frozenset({"IADDRESS1", "ITOWN", "IPOSTCODE", "ISURNAME"})


def write_sales_order(order: NewOrder, *, company_class: str = "") -> str:
    """The document for one ``ImportOrders`` call. Prices are net; Khaos adds tax by the item's own rate.

    ``company_class`` must stand in the merchant's System Data as written; empty leaves it out.

    Raises:
        Unmappable: a value is too long or a needed one missing; ``kind`` ``bad_address`` for the
            address. ``value`` gives the length only.
    """
    root = Element("SALES_ORDERS")
    sale = SubElement(root, "SALES_ORDER")
    customer = SubElement(sale, "CUSTOMER_DETAIL")
    _fill(customer, {"IS_NEW_CUSTOMER": "0", "OTHER_REF": order.customer_ref, "COMPANY_CLASS": company_class})
    _fill(SubElement(SubElement(customer, "ADDRESSES"), "INVADDR"), _address(order.address, order.country_name))
    header = {
        "ORDER_DATE": order.ordered_on.isoformat(),
        "ORDER_CURRENCY_CODE": order.currency,
        "SITE": order.site,
        "ASSOCIATED_REF": order.associated_ref,
        "SALES_SOURCE": order.channel,
        "COURIER_CODE": order.courier,
    }
    _fill(SubElement(sale, "ORDER_HEADER"), header)
    items = SubElement(sale, "ORDER_ITEMS")
    for line in order.lines:
        _fill(SubElement(items, "ORDER_ITEM"), _line(line))
    return tostring(root, encoding="unicode")


def _address(address: Address, country_name: str) -> dict[str, str]:
    forename, _, surname = address.name.strip().rpartition(" ")
    return {
        "IADDRESS1": address.line1,
        "IADDRESS2": address.line2,
        "IADDRESS3": address.line3,
        "ITOWN": address.town,
        "ICOUNTY": address.county,
        "IPOSTCODE": address.postcode,
        "ICOUNTRY_CODE": address.country,
        "ICOUNTRY_NAME": "" if address.country else country_name,
        "IFORENAME": forename,
        "ISURNAME": surname,
        "ITEL": address.phone,
        "IEMAIL": address.email,
        "IORGANISATION": address.organisation,
    }


def _line(line: NewOrderLine) -> dict[str, str]:
    return {
        "STOCK_CODE": line.sku,
        "MAPPING_TYPE": "1",  # stock code
        "STOCK_DESC": line.description,
        "ORDER_QTY": str(line.quantity),
        "PRICE_NET": f"{line.unit_price:f}",
    }


def _fill(parent: Element, texts: Mapping[str, str]) -> None:
    for tag, given in texts.items():
        value = legal(given).strip()
        kind = "bad_address" if parent.tag == "INVADDR" else "unmappable"
        if len(value) > LONGEST.get(tag, len(value)):
            why = f"Khaos takes at most {LONGEST[tag]} characters; shorten it where the order comes from"
            raise Unmappable(tag, f"{len(value)} characters", why, kind=kind)
        if value:
            SubElement(parent, tag).text = value
        elif tag in NEEDED:
            raise Unmappable(tag, "", "Khaos needs it; complete it where the order comes from", kind=kind)
