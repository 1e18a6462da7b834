"""The books as anybody may read them: what the place holds, what left, what came back, what was said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from adapters.acs.sandbox.door import shown
from adapters.acs.sandbox.orders import Order
from adapters.acs.sandbox.site import Site


def show(site: Site, only: str = "") -> dict[str, Any]:
    """Every page, or those named, with commas between them."""
    pages: dict[str, Callable[[], Any]] = {
        "counts": lambda: _counts(site),
        "garments": lambda: [shown(one) for one in site.garments],
        "orders": lambda: [_order(one) for one in site.orders],
        "dispatched": lambda: site.dispatched,
        "returns": lambda: site.returns,
        "retired": lambda: site.retired,
        "refused": lambda: dict(site.orders.refused),
        "stock_files": lambda: site.stock_files,
        "setups": lambda: site.setups,
        "events": lambda: {"counts": dict(site.events.counts), "sent": [_event(one) for one in site.events.sent]},
        "calls": lambda: dict(site.calls),
        "connections": lambda: dict(site.connections),
    }
    wanted = only.split(",") if only else list(pages)
    return {name: pages[name]() for name in wanted if name in pages}


def _counts(site: Site) -> dict[str, dict[str, int]]:
    """Product SKU -> state -> garments."""
    found: dict[str, Counter[str]] = {}
    for one in site.garments:
        found.setdefault(one.product_sku, Counter())[one.state] += 1
    return {sku: dict(counts) for sku, counts in found.items()}


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "puts": order.puts,
        "cancelled_by": order.cancelled_by,
        "statuses": list(order.statuses),
        "parcels": order.parcels,
        "body": order.body,
        "lines": [
            {
                "line": item.line,
                "sku": item.sku,
                "hire": item.hire,
                "units": len(item.units),
                "rfids": [unit.garment.tag for unit in item.units if unit.tracking and unit.garment],
                "short": [unit.short for unit in item.units if unit.short],
            }
            for item in order.items
        ],
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {"id": event["EventId"], "type": event["EventType"], "at": event["OccurredAt"], "data": event["Data"]}
