"""Why ACS refused an order: one kind of exception, and the lines that wait for their SKU."""

from __future__ import annotations

import json
from collections.abc import Sequence

from adapters.acs.refusals import Refused
from mappings.acs import Refusal, read_refusals, worst
from workers.ports.orders import OrderRefused

WAITS = "sku_unconfirmed"


def refusal_of(reasons: tuple[Refusal, ...], line_ids: Sequence[str] = ()) -> OrderRefused:
    """The reasons as one. ``line_ids`` are the order's LineItemIds, by which a place in the body is a line."""
    kind = worst(reasons)
    named = [one.line_id or _at(one.item, line_ids) for one in reasons if one.kind == WAITS]
    why = "; ".join(" ".join(filter(None, (one.code, one.field, one.line_id))) for one in reasons)
    return OrderRefused(kind, why, tuple(filter(None, named)) if kind == WAITS else ())


def refused(error: Refused, wire: bytes) -> OrderRefused | None:
    """What a 4xx says beyond its status; None for one without a code."""
    reasons = read_refusals(error.body)
    line_ids = [str(row["LineItemId"]) for row in json.loads(wire)["OrderItems"]]
    return refusal_of(reasons, line_ids) if reasons else None


def _at(item: int | None, line_ids: Sequence[str]) -> str:
    return line_ids[item] if item is not None and item < len(line_ids) else ""
