"""OrderStatusUpload: a channel order's state and shipments in the channel's words.

Source: the vendor's repository kcc-web-services, README and samples (SalesOrderStatus); the samples' member
``Status`` is written.
"""

from __future__ import annotations

from typing import Any

from adapters.khaos.sandbox.records import CANCELLED, ISSUED, Invoice, Order

SHIPPING = 14
NAMES = {
    ("OrderStatuses", "Statuses"): "SalesOrderStatus",
    ("SalesOrderStatus", "Shipments"): "Shipment",
    ("Shipment", "Items"): "ShipmentItem",
    ("Shipment", "Packages"): "ShipmentPackage",
}
STAGES = {
    9: "Released",
    10: "Staging",
    11: "Payment",
    12: "Picking",
    13: "Packing",
    14: "Shipping",
    15: "Invoicing",
    16: "Issue",
    17: "AwaitingDate",
    18: "AwaitingStock",
    19: "ManualHold",
    20: "Processing",
    21: "TermsHold",
}


def order_status(order: Order) -> dict[str, Any]:
    """A SalesOrderStatus. Cancelled invoices are no shipments."""
    live = [invoice for invoice in order.invoices if invoice.stage != CANCELLED]
    return {
        "OrderCode": order.code,
        "OrderID": order.number,
        "Status": _status(order, live),
        "AssociatedRef": order.associated_ref,
        "ChannelID": "1",
        "Shipments": [_shipment(invoice) for invoice in live],
    }


def _status(order: Order, live: list[Invoice]) -> str:
    if order.cancelled_at and not live:
        return "Cancelled"
    if live and all(invoice.stage >= ISSUED for invoice in live):
        return "Complete"
    if any(invoice.ship_date for invoice in live):
        return "PartialShip" if len(live) > 1 else "Shipping"
    return "Shipping" if any(invoice.stage == SHIPPING for invoice in live) else "Received"


def _shipment(invoice: Invoice) -> dict[str, Any]:
    package: dict[str, Any] = {"Courier": {"Name": invoice.courier, "Code": invoice.courier}} if invoice.courier else {}
    if invoice.ship_date:
        package |= {"ConsignmentRef": invoice.consignment, "ShipmentDate": f"{invoice.ship_date}T00:00:00"}
    return {
        "ID": invoice.id,
        "Code": invoice.code,
        "Status": STAGES.get(invoice.stage, "Archived"),
        "Items": [
            {
                "OrderItemID": invoice.order.item_id(sku),
                "ShipmentItemID": f"BFDS{invoice.id[-8:]}{n:0>3}",
                "SKU": sku,
                "Quantity": float(units),
            }
            for n, (sku, units) in enumerate(invoice.lines.items())
        ],
        "Packages": [package] if package else [],
    }
