"""Shipments and parcels made over REST instead of by the floor (api-reference/shipments, packages)."""

from __future__ import annotations

from typing import Any

from adapters.clarus.sandbox.checks import attributes, check
from adapters.clarus.sandbox.packing import package, ship
from adapters.clarus.sandbox.refusal import invalid, not_found
from adapters.clarus.sandbox.rules import PACKAGE, SHIPMENT
from adapters.clarus.sandbox.tenant import Tenant


def create(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """A shipment of an order, with the parcels of ``packages_changes`` or ``packages``; pending."""
    raw = attributes(body, "shipments")
    told = check(raw, SHIPMENT, ("goods_out_id",))
    order = tenant.books.goods_outs.rows.get(str(told["goods_out_id"]))
    if order is None:
        raise invalid("goods_out_id", "is unknown")
    carrier = tenant.books.carriers.rows.get(str(told.get("carrier_id")))
    members = {"reference": told["reference"]} if told.get("reference") else {}
    made = ship(order, tenant.books, carrier=carrier, status="pending", **members)
    for _one in [*(told.get("packages_changes") or ()), *(raw.get("packages") or ())]:
        package(made, tenant.books, None)
    return 200, {"data": {"id": int(made["id"]), "type": "shipments", "attributes": told}}


def delete(tenant: Tenant, an_id: str, _: Any) -> tuple[int, Any]:
    """Takes a shipment and its parcels away."""
    shipment = tenant.books.shipments.rows.get(an_id)
    if shipment is None:
        raise not_found()
    for one in shipment["packages"]:
        tenant.books.packages.remove(one)
    tenant.books.shipments.remove(shipment)
    shipment["goods_out"]["shipments"].remove(shipment)
    return 204, None


def create_package(tenant: Tenant, _: str, body: Any) -> tuple[int, Any]:
    """A parcel of a shipment. Here ids are strings in answers."""
    told = check(attributes(body, "packages"), PACKAGE, ("storage_unit_type_id", "shipment_id"))
    shipment = tenant.books.shipments.rows.get(str(told["shipment_id"]))
    if shipment is None:
        raise invalid("shipment_id", "is unknown")
    made = package(shipment, tenant.books, told.get("tracking_number"))
    shown = {"tracking_number": made["tracking_number"], "storage_unit_id": None}
    return 200, {"data": {"id": made["id"], "type": "packages", "attributes": shown}}
