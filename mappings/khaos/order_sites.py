"""``KSDXMLImportFormat`` as ``ExportOrders`` returns it -> the stock site of each order, whatever else is wrong there.

Vendor's Web Integration Guide v7.8d, "Sales order". What an order promises is promised at its site, also where its
address cannot be read.
"""

from __future__ import annotations

from mappings.khaos.orders import code_of
from mappings.khaos.values import document, text


def read_order_sites(orders_xml: str) -> dict[str, str]:
    """Site by order code, and by associated reference for builds that show no code. Orders without a site are left out.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    sites: dict[str, str] = {}
    for order in document(orders_xml, "SALES_ORDERS").iterfind("SALES_ORDER"):
        header = order.find("ORDER_HEADER")
        site = text(header, "SITE")
        for name in (code_of(order), text(header, "ASSOCIATED_REF")):
            if name and site:
                sites[name] = site
    return sites


def read_line_sites(orders_xml: str) -> dict[str, dict[str, str]]:
    """Site by SKU of the lines of another site than their order, by order as above; empty where a SKU's are of several.

    Raises:
        Unmappable: the reply as a whole is no such document.
    """
    found: dict[str, dict[str, str]] = {}
    for order in document(orders_xml, "SALES_ORDERS").iterfind("SALES_ORDER"):
        header = order.find("ORDER_HEADER")
        usual = text(header, "SITE")
        sites: dict[str, set[str]] = {}
        for line in order.iterfind("ORDER_ITEMS/ORDER_ITEM"):
            sites.setdefault(text(line, "STOCK_CODE"), set()).add(text(line, "SITE") or usual)
        other = {sku: own.pop() if len(own) == 1 else "" for sku, own in sites.items() if own != {usual}}
        for name in (code_of(order), text(header, "ASSOCIATED_REF")):
            if name and other:
                found[name] = other
    return found
