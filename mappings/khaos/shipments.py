"""A shipment -> the values that a merchant's own confirm operation is given.

No published operation takes a shipment, so the keys are ours; which of them travel, and under
which names, is the connection's ``extensions.confirm_shipment``.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from mappings.canonical import Shipment
from mappings.khaos.values import legal


def write_shipment(shipment: Shipment) -> dict[str, str]:
    """Values by our names, the same for the same shipment every time.

    ``invoice``, ``shipment`` (its stable reference), ``consignment`` (the first parcel's tracking
    number that there is), ``courier``, ``ship_date`` (YYYY-MM-DD), ``items`` (``<ITEMS><ITEM
    STOCK_CODE QTY/></ITEMS>``), ``boxes`` (``<BOXES><BOX CONSIGNMENT_REF COURIER SERVICE/></BOXES>``,
    one a parcel), ``complete`` (-1 when nothing of the invoice remains, else 0).
    """
    items = Element("ITEMS")
    for line in shipment.lines:
        SubElement(items, "ITEM", {"STOCK_CODE": legal(line.sku), "QTY": str(line.quantity)})
    boxes = Element("BOXES")
    for parcel in shipment.parcels:
        named = {"CONSIGNMENT_REF": parcel.tracking, "COURIER": parcel.carrier, "SERVICE": parcel.service}
        SubElement(boxes, "BOX", {name: legal(value) for name, value in named.items()})
    return {
        "invoice": shipment.invoice_code,
        "shipment": shipment.reference,
        "consignment": next((p.tracking for p in shipment.parcels if p.tracking), ""),
        "courier": shipment.courier,
        "ship_date": shipment.dispatched_on.isoformat(),
        "items": tostring(items, encoding="unicode"),
        "boxes": tostring(boxes, encoding="unicode"),
        "complete": "-1" if shipment.complete else "0",
    }
