"""What ``/_sandbox/books`` answers: the site's own books, counted, for whoever wants to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from adapters.gxo.sandbox.orders import Order
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.snapshots import figures


def show(site: Site, only: str = "") -> dict[str, Any]:
    """All parts of the books, or those named in ``only`` (with commas between them)."""
    wanted = set(only.split(",")) if only else PARTS.keys()
    return {name: part(site) for name, part in PARTS.items() if name in wanted}


def _orders(site: Site) -> Any:
    return [_order(site, order) for order in site.orders]


def _order(site: Site, order: Order) -> dict[str, Any]:
    return {
        "reference": order.reference,
        "facility": order.facility,
        "customer_reference": order.customer_reference,
        "state": order.state,
        "states": order.states,
        "service": order.service,
        "ship_to": order.ship_to,
        "received": site.orders.received[order.reference],
        "picked": order.picks,
        "lines": [
            {
                "line": line.number,
                "sku": line.sku,
                "ordered": line.ordered,
                "committed": line.committed,
                "shipped": line.shipped,
                "result": line.result,
            }
            for line in order.lines
        ],
        "shipments": [
            {
                "id": shipment.id,
                "shipped": shipment.shipped,
                "tracking": [carton.tracking for carton in shipment.cartons],
                "cartons": [asdict(carton) for carton in shipment.cartons],
            }
            for shipment in order.shipments
        ],
    }


def _stock(site: Site) -> Any:
    """Facility -> SKU -> inventory type -> opening, received, adjusted, shipped, on_hand."""
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for (facility, sku, kind), row in site.stock.rows():
        told.setdefault(facility, {}).setdefault(sku, {})[kind] = row
    return told


def _figures(site: Site) -> Any:
    """Facility -> SKU -> QTY01 -> units: what a true 846 would say now."""
    return {
        facility: {sku: figures(site, facility, sku) for sku in site.stock.skus(facility)}
        for facility in site.facilities
    }


def _gaps(site: Site) -> Any:
    """Control numbers that never came, by facility, below the highest that did."""
    told = {}
    for facility in site.facilities:
        numbers = sorted(int(key[4:]) for key in site.seen.get(facility, {}) if key.startswith("ISA "))
        there = set(numbers)
        told[facility] = [one for one in range(numbers[0], numbers[-1]) if one not in there] if numbers else []
    return told


PARTS: dict[str, Callable[[Site], Any]] = {
    "orders": _orders,
    "refused": lambda site: site.orders.refused,
    "received": lambda site: site.orders.received,
    "picked_twice": lambda site: len(site.orders.picked_twice()),
    "picked_twice_orders": lambda site: site.orders.picked_twice(),
    "stockouts": lambda site: len(site.orders.out_of_stock),
    "out_of_stock_orders": lambda site: list(site.orders.out_of_stock),
    "stock": _stock,
    "figures": _figures,
    "movements": lambda site: [asdict(one) for one in site.stock.movements],
    "messages": lambda site: [asdict(one) for one in site.post.messages],
    "files": lambda site: site.files,
    "gaps": _gaps,
    "advices": lambda site: list(site.advices.values()),
    "receipts": lambda site: site.receipts,
    "items": lambda site: {facility: site.items.accepted(facility) for facility in site.facilities},
    "sftp": lambda site: dict(site.connections),
    "idle": lambda site: not len(site.people) and not len(site.carrying),
}
