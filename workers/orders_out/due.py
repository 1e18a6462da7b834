"""By when an order must have left its warehouse: by the warehouse's working days, where it keeps garments."""

from __future__ import annotations

from datetime import UTC, datetime

from mappings.canonical import Fulfilment
from workers.spine.runtime import Runtime


def dispatch_within(runtime: Runtime, connection: str, body: str) -> float:
    """Seconds from now until its dispatch is overdue. ``body`` is the order's JSON, as its message has it."""
    limit = runtime.configuration.fleet.limits.dispatch
    orders = runtime.warehouse(connection).parts.garment_orders
    if orders is None or body in ("", "{}"):
        return limit
    now = datetime.now(UTC)
    return max((orders.due(Fulfilment.model_validate_json(body).hire, now) - now).total_seconds(), 0.0)
