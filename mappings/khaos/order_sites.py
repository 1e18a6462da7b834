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
