"""An order as Clarus shows it, read into a WarehouseOrder, and whether it is the one that we sent.

Sources: GraphQL lists goods_outs, goods_out_lines, shipments, packages of the OpenAPI file.
Quantities are floats there and cumulative: a picked line shows ordered, allocated and picked alike.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mappings.canonical import Parcel, WarehouseLine, WarehouseOrder
from mappings.clarus.tables import NOT_LEFT, read_status
from mappings.clarus.values import mapping, needed, text, whole, within
from mappings.text import several


def read_order(raw: Mapping[str, Any], read_at: datetime) -> WarehouseOrder:
    """One order from ``{"goods_out", "lines", "shipments", "packages"}`` (nodes of the four lists).

    Lines of one SKU are added up; a line is short when Clarus gives it a ``short_status``. Parcels
    are the packages of shipments that left; a shipment without packages is one parcel without
    tracking. Tracking numbers of packages whose shipment Clarus does not show are named apart.
    Raises Unmappable: ``unknown_status``, ``fractional_quantity`` for a part of a unit, or
    ``unmappable`` for a missing id or a line without a product.
    """
    order = mapping(raw.get("goods_out"), "goods_out")
    held, adrift = _held(raw.get("shipments") or (), raw.get("packages") or ())
    word = text(mapping(order.get("goods_out_status"), "goods_out_status").get("code"))
    return WarehouseOrder(
        their_id=needed(order.get("id"), "goods_out.id"),
        reference=needed(order.get("reference"), "goods_out.reference"),
        status=read_status(word),
        status_word=word,
        lines=_lines(raw.get("lines") or ()),
        parcels=tuple(_parcels(raw.get("shipments") or (), held)),
        not_used=adrift,
        facility=within(order.get("warehouse"), "code"),
        read_at=read_at,
    )


def same_order(body: bytes, lines: Iterable[Mapping[str, Any]]) -> bool:
    """Whether Clarus's ``lines`` ask for exactly what the frozen ``body`` of create_goods_out asked for.

    Compared as a multiset of product id and quantity: neither order nor line ids matter.
    """
    sent: Counter[tuple[str, int]] = Counter()
    for change in json.loads(body)["data"]["attributes"]["lines_changes"]:
        line = change["attributes"]
        sent[str(line["product_id"]), whole(line["order_quantity"], "order_quantity")] += 1
    shown: Counter[tuple[str, int]] = Counter()
    for line in lines:
        product = mapping(line.get("product"), "product")
        shown[needed(product.get("id"), "product.id"), whole(line.get("order_quantity"), "order_quantity")] += 1
    return sent == shown


def _lines(nodes: Iterable[Mapping[str, Any]]) -> tuple[WarehouseLine, ...]:
    counted: dict[str, Counter[str]] = {}
    short: set[str] = set()
    for node in nodes:
        sku = needed(mapping(node.get("product"), "product").get("code"), "product.code")
        counts = counted.setdefault(sku, Counter())
        counts["ordered"] += whole(node.get("order_quantity"), "order_quantity")
        for ours, theirs in (("allocated", "allocated"), ("picked", "pick"), ("dispatched", "dispatch")):
            # A counter that was never moved may be null.
            counts[ours] += whole(node.get(f"{theirs}_quantity") or 0, f"{theirs}_quantity")
        if text(node.get("short_status")):
            short.add(sku)
    return tuple(WarehouseLine(sku=sku, short=sku in short, **counts) for sku, counts in counted.items())


def _held(
    shipments: Iterable[Mapping[str, Any]], packages: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """The tracking numbers of each shipment's packages, and those of packages that are in no shipment shown."""
    held: dict[str, list[str]] = {needed(shipment.get("id"), "shipment.id"): [] for shipment in shipments}
    adrift: list[str] = []
    for package in packages:
        shipment = within(package.get("shipment"), "id")
        numbers = several(text(package.get("tracking_number")))
        if shipment in held:
            held[shipment] += numbers or ("",)
        else:
            of = f"of package {text(package.get('id')) or '-'}, shipment {shipment or '-'}"
            adrift += [f"{number} {of}" for number in numbers]
    return held, tuple(dict.fromkeys(adrift))


def _parcels(shipments: Iterable[Mapping[str, Any]], held: Mapping[str, list[str]]) -> Iterable[Parcel]:
    for shipment in shipments:
        if text(shipment.get("status")).lower() in NOT_LEFT:
            continue
        their_id = needed(shipment.get("id"), "shipment.id")
        for tracking in held[their_id] or [""]:
            yield Parcel(
                tracking=tracking,
                carrier=text((shipment.get("carrier") or {}).get("code")),
                service=text((shipment.get("carrier_service") or {}).get("code")),
                shipment=text(shipment.get("reference")) or their_id,
            )
