"""``OrderStatusUpload`` -> how far the orders that came over this channel are, and what the words of stages number.

README of ``kcc-web-services``, "SalesOrderStatus". The numbers come from an early revision, with AwaitingDate as the
SOAP documents have it (17; the revision misprints 20).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from mappings.canonical import PickLine
from mappings.errors import Unmappable, Unreadable
from mappings.khaos.channel.codec import Form, inner, judge, open_document
from mappings.khaos.channel.parts import DataItem
from mappings.khaos.channel.scalars import Moment, Number, units, utc
from mappings.khaos.channel.word import Also, Word
from mappings.khaos.values import LONDON

ORDER_STATUSES: Mapping[str, int] = {
    "Received": 1,
    "Shipping": 2,
    "PartialShip": 3,
    "Complete": 4,
    "Cancelled": 100,
}
STAGES: Mapping[str, int] = {
    "Released": 9,
    "Staging": 10,
    "Payment": 11,
    "Picking": 12,
    "Packing": 13,
    "Shipping": 14,
    "Invoicing": 15,
    "Issue": 16,
    "AwaitingDate": 17,
    "AwaitingStock": 18,
    "ManualHold": 19,
    "Processing": 20,
    "TermsHold": 21,
    "Archived": 70,
}


class ShipmentItem(Word):
    """One line of a shipment."""

    order_item_id: str
    shipment_item_id: str
    sku: str
    quantity: Number
    import_ref: str | None = None
    website_item_ref: str | None = None


class ShipmentPackage(Word):
    """One parcel; before despatch only its courier is there."""

    consignment_ref: str | None = None
    courier: DataItem | None = None
    shipment_date: Moment | None = None


class Shipment(Word):
    """One invoice: its id is stable, its code may change."""

    id: str
    code: str
    status: str
    items: tuple[ShipmentItem, ...]
    packages: tuple[ShipmentPackage, ...]


class SalesOrderStatus(Word):
    """One order. The table calls its status OrderStatus; samples and the vendor's receiver say Status."""

    order_code: str
    order_id: str
    status: Annotated[str, Also("OrderStatus")]
    associated_ref: str | None = None
    channel_id: str | None = None
    shipments: tuple[Shipment, ...]
    custom_data: str | None = None


class OrderStatuses(Word):
    """The whole body."""

    XML_FLAGS: ClassVar[tuple[str, str]] = ("false", "true")  # as Khaos writes what it sends

    statuses: tuple[SalesOrderStatus, ...]


@dataclass(frozen=True, slots=True)
class ChannelParcel:
    """One parcel. ``courier`` is Khaos's code where it has one, else its name; ``shipped_at`` is UTC."""

    consignment: str
    courier: str
    shipped_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelShipment:
    """One invoice of an order; ``stage`` is Khaos's stage number, and a SKU stands once in ``lines``."""

    shipment_id: str
    invoice_code: str
    stage: int
    lines: tuple[PickLine, ...]
    parcels: tuple[ChannelParcel, ...]


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """The progress of an order; ``status`` is a number of ``ORDER_STATUSES``."""

    order_code: str
    order_id: str
    associated_ref: str
    status: int
    shipments: tuple[ChannelShipment, ...]


def read_order_status_upload(
    body: bytes, form: Form, *, zone: ZoneInfo = LONDON
) -> tuple[list[ChannelOrder], list[Unreadable]]:
    """Every order of the push; one that cannot be read is named by its code, else by its place.

    ``zone`` is the clock of the Khaos server.

    Raises:
        Unmappable: the body as a whole is no such document. A word that no table has makes an order unreadable with
            the ``kind`` ``unknown_status``.
    """
    good: list[ChannelOrder] = []
    bad: list[Unreadable] = []
    for place, entry in enumerate(open_document(OrderStatuses, body, form).get("Statuses", ()), 1):
        try:
            good.append(_order(judge(SalesOrderStatus, entry), zone))
        except Unmappable as error:
            code = inner(SalesOrderStatus, entry).get("OrderCode")
            bad.append(Unreadable(code if isinstance(code, str) and code else f"SalesOrderStatus {place}", error))
    return good, bad


def _numbered(field: str, word: str, table: Mapping[str, int], name: str) -> int:
    if word.strip() not in table:
        why = f"unknown word; add a row to {name} in mappings/khaos/channel/statuses.py"
        raise Unmappable(field, word[:40], why, kind="unknown_status")
    return table[word.strip()]


def _order(order: SalesOrderStatus, zone: ZoneInfo) -> ChannelOrder:
    return ChannelOrder(
        order_code=order.order_code.strip(),
        order_id=order.order_id.strip(),
        associated_ref=(order.associated_ref or "").strip(),
        status=_numbered("SalesOrderStatus.Status", order.status, ORDER_STATUSES, "ORDER_STATUSES"),
        shipments=tuple(_shipment(shipment, zone) for shipment in order.shipments),
    )


def _shipment(shipment: Shipment, zone: ZoneInfo) -> ChannelShipment:
    content: dict[str, int] = {}
    for item in shipment.items:
        content[item.sku] = content.get(item.sku, 0) + units("ShipmentItem.Quantity", item.quantity)
    if any(n < 0 or not sku.strip() for sku, n in content.items()):
        why = "a line without a SKU, or of less than nothing; correct the order in Khaos"
        raise Unmappable("Shipment.Items", shipment.code, why)
    return ChannelShipment(
        shipment_id=shipment.id.strip(),
        invoice_code=shipment.code.strip(),
        stage=_numbered("Shipment.Status", shipment.status, STAGES, "STAGES"),
        lines=tuple(PickLine(sku=sku, quantity=n) for sku, n in content.items() if n),
        parcels=tuple(_parcel(package, zone) for package in shipment.packages),
    )


def _parcel(package: ShipmentPackage, zone: ZoneInfo) -> ChannelParcel:
    courier = package.courier or DataItem()
    return ChannelParcel(
        consignment=(package.consignment_ref or "").strip(),
        courier=(courier.code or courier.name or "").strip(),
        shipped_at=utc("ShipmentPackage.ShipmentDate", package.shipment_date, zone),
    )
